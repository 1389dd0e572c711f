import type { Client } from './generated/client/index.ts'
import { getSession, listEvents } from './generated/sdk.ts'
import type { Event, Session } from './generated/types.ts'
import { rest } from './retry.ts'

export type WaitOptions = {
  /** Return a failed session at once, although the person may still try again. */
  failFast?: boolean
  /** Ends the waiting with an exception. */
  signal?: AbortSignal
}

/** Seconds between two questions that the server does not hold. */
const pause = 2

/**
 * Waits until nothing can change about a session any more, at the latest until it expires, and
 * returns how it ended: `succeeded`, `failed`, `canceled` or `expired`.
 */
export async function waitForSession(client: Client, id: number, options: WaitOptions = {}): Promise<Session> {
  const signal = options.signal ?? null
  for (;;) {
    const session = await getSession({ client, path: { id }, query: { wait: 60 }, signal })
    if (session.ended_at !== null || (options.failFast && session.status === 'failed')) return session
    // The server holds questions about a pending session only, and none while it is stopping.
    await rest(pause, options.signal)
  }
}

export type Page<Row> = { data: Row[]; next_cursor: string | null }

/**
 * Every row of a list, page by page:
 *
 *     for await (const channel of all((page) => listChannels({ client, query: { owner: 'user_42', ...page } }))) …
 */
export async function* all<Row>(list: (page: { cursor?: string }) => Promise<Page<Row>>): AsyncGenerator<Row, void> {
  let page = await list({})
  for (;;) {
    yield* page.data
    if (page.next_cursor === null) return
    page = await list({ cursor: page.next_cursor })
  }
}

export type FollowOptions = {
  /** The number of the last event that you know; 0 begins with the first. */
  after?: number
  /** Ends the following with an exception. */
  signal?: AbortSignal
}

/** Every event of the workspace in order, waiting for new ones at the end. Remember the `number` of the last. */
export async function* followEvents(client: Client, options: FollowOptions = {}): AsyncGenerator<Event, never> {
  let after = options.after ?? 0
  for (;;) {
    const asked = Date.now()
    const page = await listEvents({ client, query: { after, limit: 200, wait: 60 }, signal: options.signal ?? null })
    yield* page.data
    after = page.next
    // The server holds no question while it is stopping.
    if (page.data.length === 0 && Date.now() - asked < pause * 1000) await rest(pause, options.signal)
  }
}
