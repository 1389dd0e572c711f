// An oidc-provider as strict as it can be, and the truth about what it was asked.
// Started by the script `run` beside it, which tells the whole contract.
import crypto from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

console.warn = console.info = () => {} // it warns at length of what a test wants
const entry = path.join(process.argv[2], 'oidc-provider', 'lib', 'index.js')
const { Provider } = await import(pathToFileURL(entry))

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume()

async function listen(server, port) {
  server.listen(Number(port) || 0, '127.0.0.1')
  await once(server, 'listening')
  return server.address().port
}

const digest = (text) => crypto.createHash('sha256').update(text).digest('hex').slice(0, 16)
const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })

// store keeps everything: the provider's own one forgets beyond a thousand.
const store = new Map()
class Adapter {
  constructor(name) { this.name = name }
  key(id) { return `${this.name}:${id}` }
  async upsert(id, payload) { store.set(this.key(id), payload) }
  async find(id) { return store.get(this.key(id)) }
  async findByUid(uid) { return this.first((p) => p.uid === uid) }
  async findByUserCode(code) { return this.first((p) => p.userCode === code) }
  first(fits) { for (const [key, p] of store) if (key.startsWith(`${this.name}:`) && fits(p)) return p }
  async consume(id) { store.get(this.key(id)).consumed = Math.floor(Date.now() / 1000) }
  async destroy(id) { store.delete(this.key(id)) }
  async revokeByGrantId(grantId) {
    for (const [key, p] of store) if (key.startsWith(`${this.name}:`) && p.grantId === grantId) store.delete(key)
  }
}

const server = http.createServer()
const issuer = `http://localhost:${await listen(server, process.env.OIDC_PORT)}`
const provider = new Provider(issuer, {
  adapter: Adapter,
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  cookies: { keys: [crypto.randomBytes(16).toString('hex')] },
  scopes: ['openid', 'offline_access'],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'picture', 'profile'] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: `Account ${sub}`, preferred_username: sub, profile: `https://people.example/${sub}` }),
  }),
  pkce: { required: () => true },
  rotateRefreshToken: true, // a second use of one ends the grant
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
  ttl: { AccessToken: 7200, RefreshToken: 14 * 86400, Grant: 14 * 86400, Interaction: 600, Session: 86400 },
  features: {
    devInteractions: { enabled: true },
    dPoP: { enabled: true, nonceSecret: crypto.randomBytes(32), requireNonce: () => true },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true },
    userinfo: { enabled: true },
  },
})

const refreshes = [] // each token request with a refresh token: {client, token, outcome}
const events = [] // what the provider itself told: {name, …}
provider.use(async (ctx, next) => {
  await next()
  const params = ctx.oidc?.params
  if (ctx.oidc?.route !== 'token' || params?.grant_type !== 'refresh_token') return
  const outcome = ctx.status === 200 ? 'ok' : ctx.body?.error
  if (outcome === 'use_dpop_nonce') return // refused before the token was looked at (RFC 9449 §8)
  refreshes.push({ client: ctx.oidc.client?.clientId, token: digest(params.refresh_token ?? ''), outcome })
})
provider.on('grant.revoked', (_, id) => events.push({ name: 'grant.revoked', id }))
provider.on('grant.error', (ctx, err) => events.push({ name: 'grant.error', word: err.message, detail: err.error_detail, client: ctx.oidc?.client?.clientId }))
provider.on('server_error', (_, err) => events.push({ name: 'server_error', word: String(err?.stack ?? err) }))
provider.on('refresh_token.destroyed', (token) => events.push({ name: 'refresh_token.destroyed', subject: token.accountId, client: token.clientId }))

// withdraw ends everything that a subject consented to.
async function withdraw(subject) {
  let ended = 0
  for (const [key, grant] of [...store]) {
    if (!key.startsWith('Grant:') || grant.accountId !== subject) continue
    const id = key.slice('Grant:'.length)
    for (const model of [provider.RefreshToken, provider.AccessToken]) await model.revokeByGrantId(id)
    store.delete(key)
    ended++
  }
  return { ended }
}

const truth = http.createServer(async (req, res) => {
  const url = new URL(req.url, 'http://truth')
  const routes = {
    'GET /refreshes': () => refreshes,
    'GET /events': () => events,
    'POST /withdraw': () => withdraw(url.searchParams.get('subject')),
  }
  const route = routes[`${req.method} ${url.pathname}`]
  res.writeHead(route ? 200 : 404, { 'content-type': 'application/json' })
  res.end(JSON.stringify(route ? await route() : {}))
})

server.on('request', provider.callback())
console.log(JSON.stringify({ issuer, truth_url: `http://127.0.0.1:${await listen(truth, 0)}` }))
