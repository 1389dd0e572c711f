package ssrf_test

import (
	"context"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchbay/internal/platform"
)

// Wherever a stranger's server is asked, a redirect stays an answer.
func TestNoRedirectIsFollowed(t *testing.T) {
	t.Parallel()
	for name, walk := range map[string]func(ctx context.Context, s *stranger, env platform.Env) error{
		"bluesky": func(ctx context.Context, s *stranger, env platform.Env) error {
			_, err := connectAll(ctx, s.bluesky(false), env, blueskyApp(env), "page.probe.test")
			return err
		},
		"mastodon": func(ctx context.Context, s *stranger, env platform.Env) error {
			s.lie("/.well-known/oauth-authorization-server", "token_endpoint", s.url+"/oauth/token") // not Bluesky's
			_, err := s.connectMastodon(ctx, env, s.url)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			followNothing(t, walk)
		})
	}
}

func followNothing(t *testing.T, walk func(ctx context.Context, s *stranger, env platform.Env) error) {
	s := newStranger(t)
	env, record := s.env(t), &dials{ours: s.address}
	if err := walk(t.Context(), s, env); err != nil {
		t.Fatalf("an honest account does not connect: %v", err)
	}
	paths := s.visits()
	slices.Sort(paths)
	if paths = slices.Compact(paths); len(paths) < 4 {
		t.Fatalf("the honest account was asked only at %v", paths)
	}
	for _, path := range paths {
		for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
			for _, to := range append(places(), s.url+"/followed") {
				s.reset()
				s.redirect(path, status, to)
				_ = walk(record.watch(t.Context()), s, env)
				if slices.Contains(s.visits(), "/followed") {
					t.Errorf("%s: a %d was followed", path, status)
				}
			}
		}
	}
	if begun, _ := record.take(); len(begun) > 0 {
		t.Errorf("connected to %v", begun)
	}
	nobodyCame(t)
}

// places are where a redirect should lead: the sentinels among them.
func places() []string {
	all := []string{"https://127.0.0.1/", "http://127.0.0.1/", "//127.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://4-7f000001.probe.test/"}
	for _, s := range sentinels {
		all = append(all, "http://127.0.0.1:"+strconv.Itoa(int(portOf(s)))+"/")
	}
	return all
}

func portOf(s *sentinel) uint16 {
	return netip.MustParseAddrPort(s.listener.Addr().String()).Port()
}

func mustHex(address string) string {
	return hex.EncodeToString(netip.MustParseAddr(address).AsSlice())
}

// letters is a door's name as part of a DNS label.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}
