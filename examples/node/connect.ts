// The main job with the TypeScript client: a connect link, a person's consent, channels.
//   PATCHBAY_URL=http://127.0.0.1:8080 PATCHBAY_API_KEY=pb_… node examples/node/connect.ts [OWNER]
import process from 'node:process'
import { all, createSession, listChannels, patchbay, waitForSession } from '../../sdk/ts/src/index.ts'

const client = patchbay({ baseUrl: process.env['PATCHBAY_URL'] ?? '', apiKey: process.env['PATCHBAY_API_KEY'] ?? '' })
const owner = process.argv[2] ?? 'user_42'

const session = await createSession({ client, body: { owner: { external_id: owner } } })
console.log('Open this link and connect an account:', session.connect_url)

const ended = await waitForSession(client, session.id)
if (ended.status !== 'succeeded') throw new Error(`the session ${ended.status}: ${ended.message ?? ''}`)

console.log(`The channels of ${owner}:`)
for await (const channel of all((page) => listChannels({ client, query: { owner, ...page } }))) {
  console.log(`${channel.id}`.padStart(4), channel.platform.padEnd(10), channel.kind.padEnd(12), channel.name ?? '', channel.health.status)
}
