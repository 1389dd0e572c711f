package app_test

import (
	"testing"

	"patchbay/internal/app"
	"patchbay/internal/config"
)

func TestEffectiveSettingsTellDefaults(t *testing.T) {
	t.Parallel()
	cfg, err := config.FromEnv(func(name string) string { return map[string]string{"PATCHBAY_LOG_LEVEL": "debug"}[name] }, app.PlatformIDs())
	if err != nil {
		t.Fatal(err)
	}
	cfg.DataDir = "/data"
	got := map[string]config.Setting{}
	for _, s := range app.EffectiveSettings(cfg) {
		got[s.Name] = s
	}
	for name, want := range map[string]string{
		"PATCHBAY_DATABASE_URL": "sqlite:/data/patchbay.db", "PATCHBAY_MAX_CONNECTIONS": "4096", "PATCHBAY_PLATFORM_TIMEOUT": "30s",
		"PATCHBAY_LISTEN": "127.0.0.1:8080", "PATCHBAY_FACEBOOK_VERSION": "v26.0", "PATCHBAY_PUBLIC_URL": "",
	} {
		if s := got[name]; s.Value != want || s.Source != config.FromDefault {
			t.Errorf("%s: got %+v, want %q by default", name, s, want)
		}
	}
	if s := got["PATCHBAY_LOG_LEVEL"]; s.Value != "debug" || s.Source != config.FromEnvironment {
		t.Errorf("got %+v, want what was set", s)
	}
}
