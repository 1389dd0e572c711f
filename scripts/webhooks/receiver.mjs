// An application's receiver that verifies each message with both libraries that its authors may use.
//   node receiver.mjs FOLDER        FOLDER holds node_modules
// Prints one line of JSON when it listens on loopback: {"base_url":…}. POST /hook answers 204 where both take a message,
// else 400 with what each said. PUT /secret changes the secret they go by. GET /log?after=N tells what came after the
// first N: [{id, at, refused, payload}], refused being null where nobody refused.
import { once } from 'node:events'
import http from 'node:http'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(path.join(process.argv[2], 'package.json'))
const libraries = { standardwebhooks: require('standardwebhooks').Webhook, svix: require('svix').Webhook }
const log = []
let secret

async function read(req) {
  const chunks = []
  for await (const chunk of req) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function verify(body, headers) {
  const refused = {}
  let payload
  for (const [name, Webhook] of Object.entries(libraries)) {
    try {
      payload = new Webhook(secret).verify(body, headers)
    } catch (error) {
      refused[name] = error.message
    }
  }
  return { refused: Object.keys(refused).length > 0 ? refused : null, payload }
}

const routes = {
  'POST /hook': async (req) => {
    const body = await read(req)
    const { refused, payload } = verify(body, req.headers)
    log.push({ id: req.headers['webhook-id'], at: Date.now(), refused, payload })
    return refused ? [400, refused] : [204]
  },
  'PUT /secret': async (req) => { secret = await read(req); return [204] },
  'GET /log': async (req, url) => [200, log.slice(Number(url.searchParams.get('after')))],
}

const server = http.createServer(async (req, res) => {
  const url = new URL(req.url, 'http://localhost')
  const route = routes[`${req.method} ${url.pathname}`] ?? (async () => [404])
  const [status, answer] = await route(req, url)
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(answer && JSON.stringify(answer))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
console.log(JSON.stringify({ base_url: `http://127.0.0.1:${server.address().port}` }))
