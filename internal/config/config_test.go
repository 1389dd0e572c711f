package config_test

import (
	"strings"
	"testing"

	"patchbay/internal/config"
)

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestWrongSettingsAreNamedWithoutTheirValue(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"PATCHBAY_DATABASE_URL":           "mysql://user:hunter2@host/db",
		"PATCHBAY_PUBLIC_URL":             "https://host/hunter2",
		"PATCHBAY_LAB_URL":                "hunter2",
		"PATCHBAY_PLATFORM_TIMEOUT":       "-hunter2",
		"PATCHBAY_TRUSTED_ORIGINS":        "http://localhost:1,hunter2",
		"PATCHBAY_BLUESKY_PLC":            "ftp://hunter2",
		"PATCHBAY_LINKEDIN_ORGANIZATIONS": "hunter2",
		"PATCHBAY_CUSTOM_PLATFORMS":       "hunter2,,b",
		"PATCHBAY_X_CLIENT_SECRET":        "hunter2",
		"PATCHBAY_FACEBOOK_CLIENT_ID":     "hunter2",
		"PATCHBAY_FACEBOOK_VERSION":       "26",
		"PATCHBAY_LINKEDIN_VERSION":       "2026-07",
	} {
		_, err := config.FromEnv(env(map[string]string{name: value}), []string{"facebook", "x"})
		if err == nil {
			t.Errorf("%s=%s: got no error", name, value)
			continue
		}
		if !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %q, want the variable's name and not its value", name, err)
		}
	}
}

func TestOriginLeavesDefaultPortsOut(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://connect.example.com:443": "https://connect.example.com", "http://[::1]:80/": "http://[::1]",
		"https://connect.example.com:80": "https://connect.example.com:80", "http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"https://[2001:db8::443]": "https://[2001:db8::443]",
	} {
		if got, err := config.Origin(raw); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", raw, got, err, want)
		}
	}
}

func TestEverythingTogether(t *testing.T) {
	t.Parallel()
	c, err := config.FromEnv(env(map[string]string{
		"PATCHBAY_DATABASE_URL":     "postgres://localhost/db",
		"PATCHBAY_PUBLIC_URL":       "https://Connect.Example.com/",
		"PATCHBAY_TRUSTED_ORIGINS":  "http://localhost:2583, http://localhost:2582",
		"PATCHBAY_LINKEDIN_VERSION": "202607", "PATCHBAY_LINKEDIN_ORGANIZATIONS": "off",
		"PATCHBAY_X_CLIENT_ID": "id", "PATCHBAY_X_CLIENT_SECRET": "secret",
	}), []string{"facebook", "x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://connect.example.com" || len(c.TrustedOrigins) != 2 || c.Apps["x"].ClientID != "id" || len(c.Apps) != 1 {
		t.Errorf("got %+v", c)
	}
	if c.LinkedInVersion != "202607" || c.LinkedInOrganizations != "off" {
		t.Errorf("LinkedIn: got version %q, organizations %q", c.LinkedInVersion, c.LinkedInOrganizations)
	}
}
