import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './style/tokens.css'
import './style/base.css'
import './style/shell.css'
import './style/control.css'
import './style/panel.css'
import './style/overview.css'
import './style/grid.css'
import './style/passport.css'
import './style/operate.css'
import './style/quarantine.css'
import './style/jobs.css'
import './style/ledger.css'
import './style/lake.css'
import './style/lineage.css'
import './style/sql.css'
import './style/board.css'
import './style/narrow.css'

const root = document.getElementById('root')
if (!root) throw new Error('BUG: the page has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
