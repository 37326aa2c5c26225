// `npm run mock` serves the API and the built console on port 8080 (PORT), so that `npm run dev` has someone to ask.
import { type Mood, startMock } from './server.ts'

const mock = await startMock({
  port: Number(process.env['PORT'] ?? 8080),
  mood: (process.env['MOOD'] ?? 'real') as Mood,
  replay: process.env['REPLAY'] === '1',
})
process.stdout.write(`mock at ${mock.url}\n`)
