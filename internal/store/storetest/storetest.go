// Package storetest is the conformance suite of connect.Store. Both engines pass the
// same cases; wherever they could differ there is a case here instead of a comment
// there. It owns no engine: the caller opens stores.
package storetest

import (
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

// MaxConns is how many connections the stores must be opened with: some cases use
// all of them up.
const MaxConns = 4

// Run runs every case, each on an empty, migrated store of its own that open makes
// and closes (t.Cleanup).
func Run(t *testing.T, open func(t *testing.T) connect.Store) {
	for name, test := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
	for name, test := range webhookCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t).(webhook.Store))
		})
	}
}

func cases() map[string]func(*testing.T, connect.Store) {
	return map[string]func(*testing.T, connect.Store){
		"workspaces":                         testWorkspaces,
		"keys":                               testKeys,
		"owners":                             testOwners,
		"owner race makes one":               testOwnerRace,
		"owners are described and listed":    testOwnerFacts,
		"keys are listed":                    testKeyList,
		"an app's life":                      testAppLife,
		"an app is registered once":          testAppFilled,
		"kept replies":                       testReplies,
		"apps":                               testApps,
		"sessions":                           testSessions,
		"session versions":                   testSessionVersions,
		"due sessions":                       testDueSessions,
		"lock session serializes":            testLockSession,
		"attempts":                           testAttempts,
		"steps":                              testSteps,
		"stale attempts":                     testStaleAttempts,
		"attempt compare and swap":           testAttemptSwap,
		"grants":                             testGrants,
		"grant compare and swap":             testGrantSwap,
		"grant unique once usable":           testGrantUnique,
		"delete grant":                       testDeleteGrant,
		"what keeps a grant alive":           testGrantAlive,
		"claim grant":                        testClaimGrant,
		"release grants":                     testReleaseGrants,
		"hold and resume grants":             testHoldGrants,
		"due grants":                         testDueGrants,
		"stale grants":                       testStaleGrants,
		"grants with something to tell":      testTellGrants,
		"dead grants":                        testDeadGrants,
		"an emptied grant":                   testEmptyGrant,
		"due apps":                           testDueApps,
		"claimers meet":                      testClaimersMeet,
		"the database's clock":               testNow,
		"an app's pace":                      testPaceApp,
		"targets":                            testTargets,
		"drop targets":                       testDropTargets,
		"channels":                           testChannels,
		"channel race makes one":             testChannelRace,
		"channel pages":                      testChannelPages,
		"channels of a grant":                testChannelsOfGrant,
		"channel health":                     testChannelHealth,
		"lock channel serializes":            testLockChannel,
		"lock channels serializes":           testLockChannels,
		"update channel":                     testUpdateChannel,
		"what a saved channel was":           testSavedBefore,
		"a channel gives way":                testGiveWay,
		"groups":                             testGroups,
		"channels leave groups":              testLeaveGroups,
		"audit log":                          testAudit,
		"audit: eight writers, one chain":    testAuditWriters,
		"audit: a link fails":                testAuditLinkFails,
		"audit: a transaction runs again":    testAuditRerun,
		"due revocations by app":             testRevocationLanes,
		"forget revocations":                 testForgetRevocations,
		"revocations":                        testRevocations,
		"revocation compare and swap":        testRevocationSwap,
		"call off revocations":               testCallOff,
		"a call-off meets a claim":           testCallOffMeetsClaim,
		"live consents":                      testLiveConsents,
		"grants of an owner":                 testGrantsOfOwner,
		"forget an owner":                    testForgetOwner,
		"forget the default owner":           testForgetDefaultOwner,
		"forget who got a channel meanwhile": testForgetMovedChannel,
		"forget what is over":                testForgetEnded,
		"audit: logs without a chain":        testUnchained,
		"forget sessions":                    testForgetSessions,
		"events":                             testEvents,
		"events: eight writers, one reader":  testEventReader,
		"events: channel sequence":           testChannelSequence,
		"events: a jump of their numbers":    testJumpEvents,
		"isolation":                          testIsolation,
		"sealed columns":                     testSealed,
		"sealed again":                       testReseal,
		"instances":                          testInstances,
		"rollback leaves nothing":            testRollback,
		"failed statement fails the whole":   testFailedStatement,
		"panic harms itself only":            testPanic,
		"canceled before":                    testCanceledBefore,
		"canceled inside":                    testCanceledInside,
		"one of 64 canceled":                 testOneCanceled,
		"text that cannot be stored":         testInvalidText,
	}
}
