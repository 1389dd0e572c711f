import { type Client, createClient } from './generated/client/index.ts'
import { ProblemError } from './problem.ts'
import { retrying } from './retry.ts'

export type PatchbayOptions = {
  /** The server's origin, such as `https://connect.example`. */
  baseUrl: string
  /** An API key, `pb_…`. It belongs to your backend, never to a browser or a phone. */
  apiKey: string
  /** How often a request is sent again that had no answer, or 429, 502, 503 or 504. 3; 0 switches it off. */
  retries?: number
  /** How long one answer may take, in milliseconds. 100,000: the server holds a question for up to a minute. */
  timeout?: number
  /** Makes the requests. The one of the platform. */
  fetch?: typeof globalThis.fetch
}

/**
 * The client that every operation takes. Answers come as they are, errors are thrown: a
 * {@link ProblemError} when the server refuses, what `fetch` throws when there is no answer.
 * Requests that make something get an `Idempotency-Key` unless they bring their own.
 */
export function patchbay(options: PatchbayOptions): Client {
  const { baseUrl, apiKey, retries = 3, timeout = 100_000, fetch = globalThis.fetch } = options
  const client = createClient({
    baseUrl: new URL(baseUrl).origin,
    auth: () => apiKey,
    fetch: retrying({ retries, timeout, fetch }),
    redirect: 'error', // the key is for one server
    throwOnError: true,
  })
  client.interceptors.request.use((request) => {
    if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) {
      request.headers.set('Idempotency-Key', crypto.randomUUID())
    }
    return request
  })
  client.interceptors.error.use((error, response) => (response && !response.ok ? new ProblemError(response, error) : error))
  return client
}
