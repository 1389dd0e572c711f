import type { Problem, ProblemField } from './generated/types.ts'

/**
 * What the server answers instead of a result: a problem as RFC 9457 has it. Program against
 * `code` (who can do something about it, and when) and `reason` (the exact cause); `message` is
 * for people.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  /** The HTTP status. */
  readonly status: number
  /** `invalid`, `not_found`, `rate_limited`, …; empty when it was not Patchbay that answered. */
  readonly code: string
  /** Stable slug of the exact cause, such as `scope_missing`. */
  readonly reason: string
  /** The wrong inputs, where there are such. */
  readonly fields: ProblemField[]
  /** Names the request in the server's log. */
  readonly requestId: string
  /** For how many seconds to wait before asking again; undefined: the server did not say. */
  readonly retryAfter: number | undefined

  constructor(response: Response, body: unknown) {
    const problem: Partial<Problem> = typeof body === 'object' && body !== null ? body : {}
    super(problem.detail ?? `the server answered ${response.status} without saying why`)
    this.status = response.status
    this.code = problem.code ?? ''
    this.reason = problem.reason ?? ''
    this.fields = problem.errors ?? []
    this.requestId = problem.request_id ?? response.headers.get('X-Request-Id') ?? ''
    this.retryAfter = retryAfter(response)
  }
}

/** The seconds of Retry-After. */
export function retryAfter(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10)
  return Number.isNaN(seconds) ? undefined : seconds
}
