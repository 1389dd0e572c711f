package platform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
)

func TestProbeByTargets(t *testing.T) {
	t.Parallel()
	target := func(id, blocked string) platform.Target {
		return platform.Target{Kind: "page", Role: platform.RoleAccount, ExternalID: id, Blocked: blocked}
	}
	key := func(id string) platform.TargetKey { return platform.TargetKey{Kind: "page", ExternalID: id} }
	ask := []platform.Target{target("1", ""), target("2", ""), target("3", "")}
	all := []string{"read", "post", "media"}
	for _, c := range []struct {
		name   string
		p      plain
		broken map[platform.TargetKey]string
		reason string
	}{
		{"well", plain{identity: platform.Identity{Subject: "me", Scopes: all}, targets: ask}, map[platform.TargetKey]string{}, ""},
		{"nobody tells the scopes", plain{identity: platform.Identity{Subject: "me"}, targets: ask}, map[platform.TargetKey]string{}, ""},
		{
			"one gone, one blocked",
			plain{identity: platform.Identity{Subject: "me"}, targets: []platform.Target{target("1", ""), target("3", "no_task")}},
			map[platform.TargetKey]string{key("2"): "target_gone", key("3"): "target_permission"},
			"",
		},
		{
			"listed twice, once blocked",
			plain{identity: platform.Identity{Subject: "me"}, targets: []platform.Target{target("1", ""), target("1", "no_task"), target("2", "no_task"), target("2", ""), target("3", "")}},
			map[platform.TargetKey]string{},
			"",
		},
		{"somebody else's token", plain{identity: platform.Identity{Subject: "you"}}, nil, "token_kind"},
		{"another kind of token", plain{err: platform.ErrTokenKind}, nil, "token_kind"},
		{"an optional permission withdrawn", plain{identity: platform.Identity{Subject: "me", Scopes: []string{"read", "post"}}, targets: ask}, map[platform.TargetKey]string{}, ""},
		{"a required one withdrawn", plain{identity: platform.Identity{Subject: "me", Scopes: []string{"read"}}, targets: ask}, map[platform.TargetKey]string{}, "scopes_missing"},
		{"the consent is over", plain{err: platform.ErrReauth}, nil, "revoked"},
	} {
		c.p.spec = plainSpec()
		proof, err := platform.Probe(t.Context(), c.p, &platform.Client{Subject: "me"}, ask)
		reason := ""
		if no := platform.RefusalOf(err); no != nil {
			reason = no.Reason
		}
		if reason != c.reason {
			t.Errorf("%s: got %v, want %q", c.name, err, c.reason)
		}
		if d := cmp.Diff(c.broken, proof.Broken); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		if d := cmp.Diff(c.p.identity.Scopes, proof.Scopes); proof.Broken != nil && d != "" {
			t.Errorf("%s: scopes (-want +got):\n%s", c.name, d)
		}
	}
}
