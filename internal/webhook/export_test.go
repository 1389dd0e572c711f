package webhook

// Standard is the scheme of Standard Webhooks.
func Standard(version string) Scheme { return standard{version} }
