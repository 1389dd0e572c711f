// Package smartlyq speaks SmartlyQ's interface for connecting accounts and looking after
// them, as its "Connecting Accounts" guide and its published OpenAPI document show it for
// https://api.smartlyq.com/v1/social/: headless connect with polling, the list, health,
// reconnecting, pausing, renaming, disconnecting, moving, and account groups; and the
// signature and the account events of its webhooks guide (Scheme). It translates; every
// rule is the core's. The pages of a link belong to hosted, which asks Face.
//
// Where the documents are silent, or say two things:
//
//   - An account is a channel of the owner as whom the key acts: its own, the profile of
//     the X-Profile-Id header (an owner's id; 0 is the workspace's default one), else the
//     default one. Only those with a consent show, active or paused; every other id is
//     404, as is whatever is another owner's or workspace's.
//   - connect_url is the platform's own authorize address, whose state is the state_token.
//     A platform that needs a handle first (Bluesky), or a workspace that wants its
//     bounce page, gives <public URL>/connect/<platform>?state=….
//   - All sixteen platforms are known words. One that this server cannot connect, or has
//     no app for, is PROVIDER_NOT_CONFIGURED; X is "twitter", Google Business "gmb".
//   - The poll tells "expired" with a reason as soon as a consent was denied or failed, and
//     the result for 24 hours. Beside account it has accounts: all of them.
//   - reconnect-url makes a link, yet its key needs no more than social:read, as the
//     documents have it. HEAD makes none.
//   - In the bulk health an account counts once: as paused, else as expired, as expiring
//     (healthy, validity_days 7 or less) or as healthy. One whose status is error counts
//     nowhere.
//   - An account group is changed with PUT, as the OpenAPI document has it; what is not
//     given stays.
//   - X-Idempotency-Key (or Idempotency-Key, as the vendor's own clients send it, or
//     X-Request-Id) works on every POST, PUT, PATCH and DELETE for 24 hours: the same request is
//     answered with the first one's bytes.
//   - Error codes are the closed list in errors.go; where the guides have two names for
//     one thing, it is the one of the newer guide.
//
// Not here: publishing, analytics, inbox and everything else below /v1/social/ answers 404
// RESOURCE_NOT_FOUND, another method 405 METHOD_NOT_ALLOWED. Telegram and WhatsApp are not
// connected yet (PROVIDER_NOT_CONFIGURED). Nothing has another target to choose
// (connect-options: supported false), so connect-select is 422 UNSUPPORTED_PLATFORM. There
// are no test keys: sqk_… is an unknown key like any other.
package smartlyq
