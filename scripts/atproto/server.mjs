// The reference PLC directory (in memory) and PDS (in a folder removed at the end), with two accounts.
// Started by the script `run` beside it, which tells the whole contract.
import './loopback.mjs'
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'

const require = createRequire(path.join(process.argv[2], 'here.js'))
const { PDS } = require('@atproto/pds')
const { PlcServer, Database } = require('@did-plc/server')

// The PDS must know its port before it listens: the port is part of its OAuth issuer.
async function port(wanted) {
  if (Number(wanted)) return Number(wanted)
  const server = net.createServer()
  await new Promise((resolve) => server.listen(0, resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function startPLC(port) {
  const server = PlcServer.create({ db: Database.mock(), port })
  await server.start()
  return server
}

async function startPDS(port, plcURL, dir) {
  const pds = await PDS.fromEnv({
    devMode: true,
    hostname: 'localhost',
    port,
    serviceName: 'Test PDS',
    serviceHandleDomains: ['.test'],
    dataDirectory: dir,
    blobstoreDiskLocation: path.join(dir, 'blobs'),
    didPlcUrl: plcURL,
    plcRotationKeyK256PrivateKeyHex: crypto.randomBytes(32).toString('hex'),
    jwtSecret: crypto.randomBytes(16).toString('hex'),
    adminPassword: crypto.randomBytes(16).toString('hex'),
    inviteRequired: false,
    disableSsrfProtection: true, // a client's metadata is served on loopback here
    rateLimitsEnabled: false,
    enableDidDocWithSession: true,
    // A PDS wants to know an application view and a moderation service; nobody calls them here.
    bskyAppViewUrl: 'https://appview.invalid',
    bskyAppViewDid: 'did:example:invalid',
    modServiceUrl: 'https://moderator.invalid',
    modServiceDid: 'did:example:invalid',
  })
  await pds.start()
  return pds
}

// A PDS does not tell what it was asked. This one's token requests are noted as they come, with the answer's
// status and whose they are: the DPoP key that signs the request (the x of its JWK), or the account whose refresh
// token it bears.
async function startTruth(pds) {
  const requests = []
  const part = (jwt, i) => JSON.parse(Buffer.from(jwt.split('.')[i], 'base64url'))
  pds.server.prependListener('request', ({ url, headers: { dpop, authorization } }, response) => {
    if (url !== '/oauth/token' && url !== '/xrpc/com.atproto.server.refreshSession') return
    const noted = { path: url, by: '', status: 0 }
    requests.push(noted)
    response.once('finish', () => { noted.status = response.statusCode })
    try {
      noted.by = dpop ? part(dpop, 0).jwk.x : part(authorization, 1).sub
    } catch {} // nobody's
  })
  const server = http.createServer((_, response) => response.end(JSON.stringify(requests)))
  await new Promise((resolve) => server.listen(0, resolve))
  return `http://localhost:${server.address().port}`
}

async function createAccount(pdsURL, name) {
  const account = { handle: `${name}.test`, password: `hunter2-${name}` }
  const response = await fetch(`${pdsURL}/xrpc/com.atproto.server.createAccount`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...account, email: `${name}@example.test` }),
  })
  if (!response.ok) throw new Error(`create ${account.handle}: ${response.status} ${await response.text()}`)
  return { ...account, did: (await response.json()).did }
}

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'patchbay-pds-'))
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume()

const plcPort = await port(process.env.PLC_PORT)
const pdsPort = await port(process.env.PDS_PORT)
const plcURL = `http://localhost:${plcPort}`
const pdsURL = `http://localhost:${pdsPort}`

await startPLC(plcPort)
const truthURL = await startTruth(await startPDS(pdsPort, plcURL, dir))
const accounts = []
for (const name of ['alice', 'bob']) accounts.push(await createAccount(pdsURL, name))

console.log(JSON.stringify({ plc_url: plcURL, pds_url: pdsURL, truth_url: truthURL, accounts }))
