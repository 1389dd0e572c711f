import type { Token } from './generated/types.ts'

/** The request to the platform that a token is used for. */
export type AuthorizedRequest = {
  method: string
  url: string
  /** The `DPoP-Nonce` that the server sent last; leave it out before it sent one. */
  nonce?: string
}

/**
 * The headers with which a request to the platform uses a leased token: as RFC 6750 has it, or, with the
 * `token_type` DPoP, with a proof of RFC 9449 that is good for this request alone. A server that wants a newer
 * nonce has done nothing and answers 401 with it: make the headers anew and send again.
 */
export async function authorize(token: Token, request: AuthorizedRequest): Promise<Record<string, string>> {
  const headers: Record<string, string> = { Authorization: `${token.token_type} ${token.access_token}` }
  if (token.dpop_key !== null) headers['DPoP'] = await proof(token.dpop_key, token.access_token, request)
  return headers
}

async function proof(key: JsonWebKey, accessToken: string, { method, url, nonce }: AuthorizedRequest): Promise<string> {
  const { kty, crv, x, y, d } = key
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const signer = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d } as JsonWebKey, ecdsa, false, ['sign'])
  const { origin, pathname } = new URL(url)
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: origin + pathname,
    iat: Math.floor(Date.now() / 1000),
    ath: base64url(await crypto.subtle.digest('SHA-256', bytes(accessToken))),
    nonce, // undefined is left out
  }
  const text = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }, claims]
    .map((part) => base64url(bytes(JSON.stringify(part))))
    .join('.')
  return `${text}.${base64url(await crypto.subtle.sign(ecdsa, signer, bytes(text)))}`
}

const bytes = (text: string) => new TextEncoder().encode(text)

function base64url(data: ArrayBuffer | Uint8Array): string {
  const text = String.fromCharCode(...new Uint8Array(data))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
