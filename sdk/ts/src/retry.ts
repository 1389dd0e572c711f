import { retryAfter } from './problem.ts'

/** Statuses that may be over in a moment. */
const passing = new Set([429, 502, 503, 504])

/** The longest that one pause may be, in seconds: whoever is told to wait longer gets the problem. */
const longest = 30

export type RetryOptions = {
  /** How often a request is sent again. */
  retries: number
  /** How long one answer may take, in milliseconds. */
  timeout: number
  fetch: typeof globalThis.fetch
}

/**
 * A fetch that sends a request again when there was no answer, or one that says "later". Every
 * request of this client may be sent again: those that make something carry an Idempotency-Key.
 */
export function retrying(options: RetryOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    for (let left = options.retries; ; left--) {
      const pause = 2 ** (options.retries - left) / 2 + Math.random() / 2
      try {
        const signal = AbortSignal.any([request.signal, AbortSignal.timeout(options.timeout)])
        const response = await options.fetch(request.clone(), { signal })
        const asked = retryAfter(response) ?? pause
        if (left <= 0 || !passing.has(response.status) || asked > longest) return response
        await response.body?.cancel()
        await rest(asked, request.signal)
      } catch (error) {
        if (left <= 0 || request.signal.aborted) throw error
        await rest(pause, request.signal)
      }
    }
  }
}

/** Waits for some seconds, or until the signal. */
export function rest(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, seconds * 1000)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
