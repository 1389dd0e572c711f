// Keeps the servers on this machine: every listener binds to 127.0.0.1, and names below .internal lead there,
// so that a test can serve a client's metadata under a host name without touching /etc/hosts.
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  if (first !== null && typeof first === 'object' && first.port !== undefined) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  }
  if (/^\d+$/.test(String(first))) {
    if (typeof rest[0] === 'string') rest.shift()
    return listen.call(this, first, '127.0.0.1', ...rest)
  }
  return listen.call(this, first, ...rest)
}

const lookup = dns.lookup
dns.lookup = function (host, options, callback) {
  if (!/\.internal$/.test(host)) return lookup.call(dns, host, options, callback)
  const done = callback ?? options
  const all = callback !== undefined && options?.all
  process.nextTick(() => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)))
}
syncBuiltinESMExports()
