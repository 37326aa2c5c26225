import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = process.env['MILLRACE_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: process.env['DIST'] ?? '../internal/gateway/console/dist',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: { '^/(api|v1|healthz|readyz|metrics|openapi|docs)': { target: api, changeOrigin: false } },
  },
})
