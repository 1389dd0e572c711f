// Everything that the TypeScript client promises, against a real server. Where a line holds a
// connect link, a person opens it and connects two Facebook pages.
import {
  all,
  authorize,
  cancelSession,
  checkChannel,
  createEndpoint,
  createKey,
  createOwner,
  createReplay,
  createSession,
  deleteEndpoint,
  followEvents,
  getChannel,
  getChannelHealth,
  getEndpoint,
  getOwner,
  getReplay,
  importChannels,
  leaseToken,
  listAuditEntries,
  listChannels,
  listChannelTargets,
  listDeliveries,
  listKeys,
  listOwners,
  listSessionAttempts,
  patchbay,
  pauseChannel,
  ProblemError,
  reconnectChannel,
  resumeChannel,
  revokeKey,
  rotateEndpointSecret,
  updateChannel,
  updateOwner,
  verifyAuditLog,
  waitForSession,
} from 'patchbay-client'
import type { Channel, NewSession, Session, Token } from 'patchbay-client'

declare const process: { env: Record<string, string | undefined> }

function check(truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(`not so: ${what}`)
}

async function problemOf(call: Promise<unknown>): Promise<ProblemError> {
  try {
    await call
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
  throw new Error('got an answer, want a problem')
}

const baseUrl = process.env['PATCHBAY_URL'] ?? ''
const client = patchbay({ baseUrl, apiKey: process.env['PATCHBAY_API_KEY'] ?? '' })

// A link, asked for twice with one key: one session, the same bytes.
const body: NewSession = { owner: { external_id: 'user_42', name: 'Corner bakery' }, platforms: ['facebook'] }
const headers = { 'Idempotency-Key': 'signup-17-connect' }
const session: Session = await createSession({ client, body, headers })
const again = await createSession({ client, body, headers })
check(again.id === session.id && again.connect_url === session.connect_url, 'a repeated request has one effect')
const reused = await problemOf(createSession({ client, body: {}, headers }))
check(reused.status === 422 && reused.reason === 'idempotency_key_reused', 'another body with the same key is refused')

console.log('open', session.connect_url)
const ended = await waitForSession(client, session.id)
check(ended.status === 'succeeded' && ended.channel_ids.length === 2, 'the session brought two channels')

const channels: Channel[] = []
for await (const channel of all((page) => listChannels({ client, query: { owner: 'user_42', limit: 1, ...page } }))) {
  channels.push(channel)
}
check(channels.length === 2, 'both channels are listed, a page each')
const first = channels[0]
check(first !== undefined, 'there is a first channel')
const read = await getChannel({ client, path: { id: first.id } })
check(read.name === first.name && read.health.status === 'healthy' && read.followers !== undefined, 'a channel is read')
const attempts = await listSessionAttempts({ client, path: { id: session.id } })
check(attempts.data[0]?.status === 'succeeded', 'the timeline tells how it went')

// Whether a channel works, and who must act where it does not.
const report = await checkChannel({ client, path: { id: first.id } })
check(report.health === 'healthy' && report.act === 'nobody' && report.checked_now === true, 'a channel is checked')
const health = await getChannelHealth({ client, path: { id: first.id } })
check(health.sentence === report.sentence && health.proven_at !== null && health.checked_now === undefined, 'its health is explained')

// A token for each piece of work, and another one, once, when the platform refused it.
async function publish(channel: number, send: (token: Token) => Promise<Response>): Promise<Response> {
  const path = { id: channel }
  const token = await leaseToken({ client, path, body: { min_lifetime_s: 300 } })
  const response = await send(token)
  if (response.status !== 401) return response
  return send(await leaseToken({ client, path, body: { newer_than: token.version } }))
}
const published = await publish(first.id, async (token) => {
  check(token.channel_id === first.id && token.access_token !== '' && token.token_type === 'Bearer', 'a token is lent')
  return new Response('', { status: 201 })
})
check(published.status === 201, 'the work is done with it')
const audit = await listAuditEntries({ client, query: { limit: 200 } })
check(audit.data.slice(-2).map((entry) => entry.action).join() === 'channel.checked,token.leased', 'both stand in the audit log')
const verdict = await verifyAuditLog({ client })
check(verdict.intact && verdict.entries === audit.next && verdict.head !== null, 'nobody has tampered with it')
check((await verifyAuditLog({ client, query: { head: verdict.head } })).intact, 'nor taken its end away')

// Looking after a channel.
const path = { id: first.id }
check((await pauseChannel({ client, path })).lifecycle === 'paused', 'a channel is paused')
check((await resumeChannel({ client, path })).lifecycle === 'active', 'and resumed')
check((await updateChannel({ client, path, body: { label: 'Main page' } })).label === 'Main page', 'it has a name of ours')
const targets = await listChannelTargets({ client, path })
check(targets.data.filter((target) => target.current).length === 1, 'what it may stand for is listed')
const anew = await reconnectChannel({ client, path, body: { expires_in: 60 } })
check(anew.reconnect_channel_id === first.id && anew.connect_url !== undefined, 'there is a link to reconnect it')
const refused = await problemOf(importChannels({ client, body: { platform: 'facebook', access_token: 'nobodys', dry_run: true } }))
check(refused.fields[0]?.field === 'access_token', 'tokens of nobody are not imported')

// Events that are sent.
const hook = await createEndpoint({ client, body: { url: `${baseUrl}/nowhere`, types: ['channel.paused'] } })
check(typeof hook.secret === 'string' && hook.state === 'active', 'an endpoint is made')
check((await rotateEndpointSecret({ client, path: { id: hook.id }, body: { overlap_s: 0 } })).secret !== hook.secret, 'its secret is exchanged')
const replay = await createReplay({ client, path: { id: hook.id }, body: {} })
check((await getReplay({ client, path: { id: replay.id } })).events === replay.until, 'events are sent again')
check((await listDeliveries({ client, query: { endpoint: hook.id } })).data.length <= 1, 'its deliveries are listed')
await deleteEndpoint({ client, path: { id: hook.id } })
check((await problemOf(getEndpoint({ client, path: { id: hook.id } }))).code === 'not_found', 'a deleted endpoint is gone')

// A token that is bound to a key is proved with each request.
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const bound: Token = {
  channel_id: 1,
  access_token: 't',
  token_type: 'DPoP',
  server: 'https://pds.example',
  dpop_key: { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)) },
  expires_at: null,
  version: 1,
}
const proved = await authorize(bound, { method: 'POST', url: `${bound.server}/xrpc/com.atproto.repo.createRecord?a=b`, nonce: 'n1' })
const [head = '', claims = '', signature = ''] = (proved['DPoP'] ?? '').split('.')
const plain = (part: string) => Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
const parsed = (part: string) => JSON.parse(new TextDecoder().decode(plain(part)))
const signed = new TextEncoder().encode(`${head}.${claims}`)
check(proved['Authorization'] === 'DPoP t' && parsed(head).typ === 'dpop+jwt' && parsed(head).jwk.d === undefined, 'the private key stays here')
check(parsed(claims).htu === 'https://pds.example/xrpc/com.atproto.repo.createRecord' && parsed(claims).nonce === 'n1', 'it is for this request')
check(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, plain(signature), signed), 'it is signed')

// A session that is canceled.
const second = await createSession({ client })
const canceled = await cancelSession({ client, path: { id: second.id } })
check(canceled.status === 'canceled' && canceled.ended_at !== null, 'a session is canceled')
check(second.id !== session.id, 'each call has a key of its own')

// Owners and keys.
const owner = await createOwner({ client, body: { external_id: 'user_43' } })
const changed = await updateOwner({ client, path: { id: owner.id }, body: { reference: 'contract 17' } })
check(changed.reference === 'contract 17' && changed.name === 'user_43', 'an owner is changed')
check((await getOwner({ client, path: { id: owner.id } })).reference === 'contract 17', 'an owner is read')
check((await listOwners({ client })).data.length >= 3, 'owners are listed')
const key = await createKey({ client, body: { name: 'reader', scopes: ['channels:read'], owner: 'user_43' } })
check(typeof key.key === 'string' && key.owner_id === owner.id, 'a key is made')
const reader = patchbay({ baseUrl, apiKey: key.key })
check((await listChannels({ client: reader })).data.length === 0, 'a bound key sees nothing of others')

// Problems are typed.
const missing = await problemOf(getChannel({ client: reader, path: { id: first.id } }))
check(missing.status === 404 && missing.code === 'not_found' && missing.requestId !== '', 'what is foreign is not found')
const forbidden = await problemOf(createSession({ client: reader }))
check(forbidden.code === 'forbidden' && forbidden.message.includes('sessions:write'), 'a missing scope is named')
const invalid = await problemOf(createSession({ client, body: { expires_in: 1 } }))
check(invalid.status === 422 && invalid.fields[0]?.field === 'expires_in', 'a wrong input is named')
await revokeKey({ client, path: { id: key.id } })
check((await problemOf(listChannels({ client: reader }))).code === 'unauthenticated', 'a revoked key is refused')
check((await listKeys({ client })).data.some((k) => k.id === key.id && k.revoked_at !== null), 'a revoked key stays listed')

// Events by cursor.
const types: string[] = []
for await (const event of followEvents(client)) {
  types.push(event.type)
  if (event.type === 'session.canceled') break
}
check(types.filter((type) => type === 'channel.connected').length === 2, 'the events tell of both channels')

// Sending again: the server is away at first, the request carries the same key.
const seen: string[] = []
const patient = patchbay({
  baseUrl,
  apiKey: process.env['PATCHBAY_API_KEY'] ?? '',
  fetch: async (input, init) => {
    seen.push(new Request(input, init).headers.get('Idempotency-Key') ?? '')
    if (seen.length === 1) throw new TypeError('the line is down')
    if (seen.length === 2) return new Response('', { status: 503, headers: { 'Retry-After': '0' } })
    return fetch(input, init)
  },
})
await createSession({ client: patient })
check(seen.length === 3 && seen[0] !== '' && new Set(seen).size === 1, 'a request is sent again with its key')
const hasty = patchbay({ baseUrl, apiKey: 'x', retries: 0, fetch: async () => Response.json({}, { status: 503 }) })
check((await problemOf(listChannels({ client: hasty }))).status === 503, 'sending again can be switched off')

console.log('all done')
