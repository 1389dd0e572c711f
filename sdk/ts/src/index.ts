/**
 * A client for Patchbay's native API. Everything below `generated` is made from the server's
 * OpenAPI document; the rest is what makes it pleasant: {@link patchbay}, {@link waitForSession},
 * {@link all}, {@link followEvents}, {@link authorize} and {@link ProblemError}.
 */
export { authorize, type AuthorizedRequest } from './authorize.ts'
export { all, followEvents, type FollowOptions, type Page, waitForSession, type WaitOptions } from './follow.ts'
export type { Client } from './generated/client/index.ts'
export * from './generated/index.ts'
export { patchbay, type PatchbayOptions } from './patchbay.ts'
export { ProblemError } from './problem.ts'
