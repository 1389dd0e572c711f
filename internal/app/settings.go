package app

import (
	"cmp"
	"slices"
	"strconv"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/platform/meta"
	"patchbay/internal/platforms/linkedin"
)

// EffectiveSettings is the settings as they were read, with what holds where nothing was
// set. It stays empty where there is none.
func EffectiveSettings(cfg config.Config) []config.Setting {
	defaults := map[string]string{
		"PATCHBAY_DATA":                   cfg.DataDir,
		"PATCHBAY_DATABASE_URL":           config.ShowDatabase(databaseURL(cfg)),
		"PATCHBAY_LISTEN":                 cfg.Listen,
		"PATCHBAY_MAX_CONNECTIONS":        strconv.Itoa(DefaultLimits().Connections),
		"PATCHBAY_RATE_LIMIT":             strconv.Itoa(defaultRate),
		"PATCHBAY_LOG_LEVEL":              "info",
		"PATCHBAY_LOG_FORMAT":             "json",
		"PATCHBAY_PLATFORM_TIMEOUT":       cfg.PlatformTimeout.String(),
		"PATCHBAY_REFRESH_RATE":           strconv.FormatFloat(cmp.Or(cfg.RefreshRate, connect.DefaultRefreshRate), 'f', -1, 64),
		"PATCHBAY_FACEBOOK_VERSION":       meta.DefaultVersion,
		"PATCHBAY_LINKEDIN_VERSION":       linkedin.DefaultVersion,
		"PATCHBAY_LINKEDIN_ORGANIZATIONS": "on",
		"PATCHBAY_BLUESKY_PLC":            "https://plc.directory",
	}
	list := slices.Clone(cfg.Settings)
	for i, s := range list {
		if s.Source == config.FromDefault {
			list[i].Value = defaults[s.Name]
		}
	}
	return list
}
