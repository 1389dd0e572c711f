package app

import (
	"errors"
	"maps"
	"slices"

	"patchbay/internal/config"
	"patchbay/internal/platform"
	"patchbay/internal/platforms"
	"patchbay/internal/platforms/custom"
)

// addCustom adds the platforms that the operator's files describe behind the others,
// and their apps to the settings. The error says what is wrong with which file.
func addCustom(cfg config.Config, list []platform.Platform) ([]platform.Platform, config.Config, error) {
	if len(cfg.CustomPlatforms) == 0 {
		return list, cfg, nil
	}
	found, err := loadCustom(cfg, list)
	if err != nil {
		return nil, cfg, err
	}
	list, cfg.Apps = slices.Clone(list), maps.Clone(cfg.Apps)
	if cfg.Apps == nil {
		cfg.Apps = map[string]config.AppCredentials{}
	}
	for _, p := range found {
		clientID, secret := p.App()
		list, cfg.Apps[p.Spec().ID] = append(list, p), config.AppCredentials{ClientID: clientID, ClientSecret: secret}
	}
	return list, cfg, nil
}

// loadCustom reads the files. The error is what config.Problems lists.
func loadCustom(cfg config.Config, others []platform.Platform) ([]*custom.Platform, error) {
	var taken []string
	for _, p := range others {
		taken = append(taken, p.Spec().ID)
	}
	found, err := custom.Load(cfg.CustomPlatforms, custom.Options{Getenv: cfg.Getenv, Trusted: cfg.TrustedOrigins, Taken: taken})
	var wrong []error
	for _, problem := range custom.Problems(err) {
		wrong = append(wrong, config.Problem{Name: "PATCHBAY_CUSTOM_PLATFORMS", Message: problem.Error()})
	}
	return found, errors.Join(wrong...)
}

// CustomProblems is all that is wrong with the files of the operator's own platforms.
func CustomProblems(cfg config.Config) []config.Problem {
	_, err := loadCustom(cfg, platforms.All(platforms.Config{}))
	return config.Problems(err)
}
