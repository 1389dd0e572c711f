// What an application does that was written for SmartlyQ, with a client that is generated
// from the description. Where a line holds a connect link, a person opens it.
import { createClient, createConfig } from './generated/client/index.ts'
import {
  accountHealth,
  accountReconnectUrl,
  bulkAccountHealth,
  connect,
  createAccountGroup,
  deleteAccountGroup,
  disconnectAccount,
  listAccountGroups,
  listAccounts,
  moveAccount,
  pauseAccount,
  pollConnect,
  renameAccount,
  resumeAccount,
  updateAccountGroup,
} from './generated/index.ts'
import type { Failure } from './generated/index.ts'

declare const process: { env: Record<string, string | undefined> }

function check(truth: boolean, what: string): asserts truth {
  if (!truth) throw new Error(`not so: ${what}`)
}

// With throwOnError the generated client throws the body of what did not work.
async function failureOf(call: Promise<unknown>): Promise<Failure['error']> {
  try {
    await call
  } catch (thrown) {
    return (thrown as Failure).error
  }
  throw new Error('got an answer, want a failure')
}

const client = createClient(createConfig({ baseUrl: `${process.env['PATCHBAY_URL'] ?? ''}/v1`, auth: process.env['PATCHBAY_API_KEY'] ?? '', throwOnError: true }))

// Request a connect link, twice with one key: one link.
const headers = { 'X-Idempotency-Key': 'signup-17' }
const path = { platform: 'facebook' } as const
const link = (await connect({ client, path, headers, body: {} })).data
const again = (await connect({ client, path, headers, body: {} })).data
check(link.platform === 'facebook' && link.connect_url !== undefined && link.connect_url === again.connect_url, 'a repeated request has one effect')
const conflict = await failureOf(connect({ client, path, headers, body: { return_url: 'https://a.example/' } }))
check(conflict.code === 'IDEMPOTENCY_CONFLICT', 'another body with the same key is refused')

// Send the user to connect_url, and poll for completion.
const state = new URL(link.connect_url).searchParams.get('state') ?? ''
const poll = async () => (await pollConnect({ client, path: { platform: state } })).data
check((await poll()).status === 'pending', 'nobody has opened the link')
console.log('open', link.connect_url)
let done = await poll()
while (done.status === 'pending') {
  await new Promise((resolve) => setTimeout(resolve, 50))
  done = await poll()
}
check(done.status === 'connected' && done.account !== undefined && done.accounts?.length === 3, 'three pages are connected')
check(done.account.account_id === done.accounts[0]?.account_id, 'account is the first of them')

// Manage the accounts.
const accounts = (await listAccounts({ client })).data
check(accounts.length === 3, 'they are listed')
const id = done.account.account_id
const health = (await accountHealth({ client, path: { id } })).data
check(health.status === 'connected' && !health.token_expired, 'it is healthy')
check((await pauseAccount({ client, path: { id } })).data.paused, 'it is paused')
const bulk = (await bulkAccountHealth({ client })).data
check(bulk.paused === 1 && bulk.accounts.some((a) => a.id === id && a.is_active === false), 'one of them is paused')
check(!(await resumeAccount({ client, path: { id } })).data.paused, 'it goes on')
check((await renameAccount({ client, path: { id }, body: { account_name: 'Ours' } })).data.account_name === 'Ours', 'it is renamed')
check((await moveAccount({ client, path: { id }, body: { profile_id: 0 } })).data.profile_id === 0, 'it stays where it is')
const reconnect = (await accountReconnectUrl({ client, path: { id } })).data
check(reconnect.reconnect_url.includes('/connect/facebook?token='), 'there is a way to consent again')

const group = (await createAccountGroup({ client, body: { name: 'All', account_ids: accounts.map((a) => a.id) } })).data
check(group.account_ids.length === 3, 'a group has them all')
check((await updateAccountGroup({ client, path: { group_id: group.id }, body: { name: 'Every one' } })).data.name === 'Every one', 'a group is renamed')
check((await disconnectAccount({ client, path: { id } })).data === null, 'one is disconnected')
check((await listAccountGroups({ client })).data[0]?.account_ids.length === 2, 'it left its group')
await deleteAccountGroup({ client, path: { group_id: group.id } })
const gone = await failureOf(accountHealth({ client, path: { id } }))
check(gone.code === 'RESOURCE_NOT_FOUND', 'it is not there any more')
const unsupported = await failureOf(connect({ client, path: { platform: 'mastodon' as 'facebook' } }))
check(unsupported.code === 'UNSUPPORTED_PLATFORM' && unsupported.details.supported?.length === 16, 'others are told')

console.log('all done')
