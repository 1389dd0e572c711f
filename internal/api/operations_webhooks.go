package api

// What the document says about the operations that send events.

var createEndpointDoc = doc{
	id: "createEndpoint", summary: "Make an endpoint", fails: []int{400, 409, 413, 422},
	text: "Has the workspace's events posted to an address of yours, signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp` and `webhook-signature` over a body `{\"type\", \"timestamp\", \"data\"}`, where `data` is the event as it is listed. Answer 2xx within 15 seconds. What is not taken is sent ten times over about three days; 410 disables the endpoint, and so do five days of nothing but failures. `secret` is told only here.",
}

var listEndpointsDoc = doc{
	id: "listEndpoints", summary: "List endpoints", fails: []int{422},
	text: "Lists the workspace's endpoints by ascending id, with how they do. Secrets are not told. A key that is bound to one owner may not list them, nor do anything else here.",
}

var getEndpointDoc = doc{
	id: "getEndpoint", summary: "Read an endpoint", fails: []int{404, 422},
	text: "Tells what is known of an endpoint and how it does. Its secret is not told.",
}

var updateEndpointDoc = doc{
	id: "updateEndpoint", summary: "Change an endpoint", fails: []int{400, 404, 409, 413, 422},
	text: "Changes what is given and leaves the rest. Another `url` begins anew: failures are forgotten, and what waits is sent there at once. With `state` `disabled` nothing is sent any more and what waits is dropped; with `active` it begins anew: failures are forgotten, and what was dropped may be replayed. 409 where the scheme allows no more active endpoints.",
}

var deleteEndpointDoc = doc{
	id: "deleteEndpoint", summary: "Delete an endpoint", fails: []int{404, 422},
	text: "Takes an endpoint away, with its deliveries and its secrets.",
}

var rotateSecretDoc = doc{
	id: "rotateEndpointSecret", summary: "Give an endpoint a new secret", fails: []int{400, 404, 413, 422},
	text: "Gives an endpoint a new secret, which is told only here. For `overlap_s` seconds messages are signed with the one before as well (`webhook-signature` has two signatures then), so that no message is refused while you exchange it. Rotated again meanwhile, up to five sign.",
}

var testEndpointDoc = doc{
	id: "testEndpoint", summary: "Test an endpoint", fails: []int{400, 404, 413, 422},
	text: "Sends a message of the type `endpoint.test` now, once, and tells what came of it. An endpoint that did not take it is 200 too: read `delivered`. Works for a disabled endpoint.",
}

var createReplayDoc = doc{
	id: "createReplay", summary: "Send a range of events again", fails: []int{400, 404, 409, 413, 422},
	text: "Begins to send events to an endpoint again, in order, as deliveries of their own with the message ids of before: receivers that remember these are not confused. An empty body asks for every event. Only what the endpoint's `types` and owner let through is sent. 409 while another replay of the endpoint runs, and for a disabled endpoint.",
}

var getReplayDoc = doc{
	id: "getReplay", summary: "Read a replay", fails: []int{404, 422},
	text: "Tells how far a replay is.",
}

var listDeliveriesDoc = doc{
	id: "listDeliveries", summary: "List deliveries", fails: []int{422},
	text: "Lists what was sent and what waits to be, the newest first. Filters narrow together. Follow `next_cursor` until it is null.",
}

var getDeliveryDoc = doc{
	id: "getDelivery", summary: "Read a delivery", fails: []int{404, 422},
	text: "Tells what is known of a delivery, with each attempt and the body that is sent: what to look at when somebody says that a message did not come.",
}

var replayDeliveryDoc = doc{
	id: "replayDelivery", summary: "Send a delivery again", fails: []int{400, 404, 409, 413, 422},
	text: "Sends a delivery's event to its endpoint again, as a delivery of its own with the same message id. 409 for a disabled endpoint, and for a test, which is not sent again.",
}
