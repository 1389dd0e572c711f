// Package marketingblocks speaks MarketingBlocks' "Connect Channel" interface, as
// its API documentation shows it for https://app.marketingblocks.ai/api/v1/social-sparks/:
// connect-channel, connect-status, and how the hosted link returns to the application.
// It translates; every rule is the core's. The hosted page itself belongs to hosted,
// which asks Face.
//
// Where the document is silent, or says two things:
//
//   - redirectUrl is optional, as its parameter table says; the document's error
//     table has it required. A workspace's RequireRedirectURL decides for the second.
//     Null is absent. Present but blank is "required", anything else that is no usable
//     URL, other types included, is "must be a valid URL".
//   - userId: absent, null or blank is "required"; another type is "must be a string";
//     at most 255 characters. It is kept as it was sent, surrounding spaces included.
//   - A body is JSON whatever its Content-Type says, except a form
//     (application/x-www-form-urlencoded), which is read as one. What is not a JSON
//     object counts as an empty body, and so as one without userId: 422. Over 1 MiB
//     is 413. Unknown fields are ignored.
//   - A key without the permission gets 401, as at the vendor, not 403.
//   - The document's expired answer has no status code of its own and its error table
//     says 404: it is sent with 404, and for tokens that never were, are another
//     workspace's, or belong to another interface's link.
//   - A finished session is told for 24 hours after its end. A canceled one is
//     "failed". A pending one has no platform, also when one was begun.
//   - A failed session returns with status=failed, platform (when one was begun),
//     connect_token and message.
//   - Only the platforms that the document lists are offered. X is "twitter".
//
// Not here, because the document does not have it: creating posts, analytics, listing
// and deleting channels. Every other address below the prefix answers 404, and another
// method 405, as {"status":false,"message":"…"}.
package marketingblocks
