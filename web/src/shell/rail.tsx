import { Menu } from '@base-ui/react/menu'
import { navigate, usePlace } from '../router.ts'
import { setTheme, type Theme, useChosenTheme } from '../state/theme.ts'
import { Link } from '../ui/control.tsx'
import { Icon, type IconName, Mark } from '../ui/icon.tsx'
import { PAGES, pageHref, pageOf } from './pages.ts'

const THEMES: readonly { key: Theme; label: string; icon: IconName }[] = [
  { key: 'system', label: 'As the system', icon: 'contrast' },
  { key: 'light', label: 'Light', icon: 'sun' },
  { key: 'dark', label: 'Dark', icon: 'moon' },
]

export function ThemeMenu() {
  const theme = useChosenTheme()
  const now = THEMES.find(t => t.key === theme) ?? THEMES[0]
  return (
    <Menu.Root>
      <Menu.Trigger className="rail-item" aria-label="Theme">
        <Icon name={now?.icon ?? 'contrast'} />
        <span className="rail-text">Theme</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" side="top" align="start" sideOffset={6}>
          <Menu.Popup className="menu">
            <Menu.RadioGroup value={theme} onValueChange={value => setTheme(value as Theme)}>
              {THEMES.map(t => (
                <Menu.RadioItem key={t.key} value={t.key} className="menu-item" closeOnClick>
                  <span className="menu-check">
                    <Menu.RadioItemIndicator>
                      <Icon name="check" size={14} />
                    </Menu.RadioItemIndicator>
                  </span>
                  {t.label}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

export function Rail({ version }: { version: string | undefined }) {
  const { path, params } = usePlace()
  const here = pageOf(path)
  return (
    <nav className="rail" aria-label="Pages">
      <Link href="/" className="brand" aria-label="Millrace, overview">
        <Mark />
        <span className="rail-text">Millrace</span>
      </Link>
      <ul>
        {PAGES.map(page => (
          <li key={page.path}>
            <Link
              href={pageHref(page.path, params)}
              className="rail-item"
              aria-current={here === page ? 'page' : undefined}
              title={`${page.title}: ${page.says} (g ${page.key})`}
            >
              <Icon name={page.icon} />
              <span className="rail-text">{page.title}</span>
            </Link>
          </li>
        ))}
      </ul>
      <span className="spacer" />
      <ThemeMenu />
      {version && <span className="rail-version rail-text">{version}</span>}
    </nav>
  )
}

const ON_PHONE = 4

/** The rail of a phone: a bar within the thumb's reach. */
export function TabBar() {
  const { path, params } = usePlace()
  const here = pageOf(path)
  const rest = PAGES.slice(ON_PHONE)
  return (
    <nav className="tabbar" aria-label="Pages">
      {PAGES.slice(0, ON_PHONE).map(page => (
        <Link key={page.path} href={pageHref(page.path, params)} aria-current={here === page ? 'page' : undefined}>
          <Icon name={page.icon} size={18} />
          {page.title}
        </Link>
      ))}
      <Menu.Root>
        <Menu.Trigger aria-current={here && rest.includes(here) ? 'page' : undefined}>
          <Icon name="more" size={18} />
          More
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner className="positioner" side="top" align="end" sideOffset={8}>
            <Menu.Popup className="menu">
              {rest.map(page => (
                <Menu.Item key={page.path} className="menu-item" onClick={() => navigate(page.path)}>
                  <Icon name={page.icon} /> {page.title}
                </Menu.Item>
              ))}
              <Menu.Separator className="menu-line" />
              {THEMES.map(t => (
                <Menu.Item key={t.key} className="menu-item" onClick={() => setTheme(t.key)}>
                  <Icon name={t.icon} /> {t.label}
                </Menu.Item>
              ))}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </nav>
  )
}
