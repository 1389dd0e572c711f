package custom

// form is a platform's file, key by key, as docs/custom-platforms.md explains them.
// Values stay text until check looks at them.
type form struct {
	ID            string `yaml:"id"`
	Name          string `yaml:"name"`
	Documentation string `yaml:"documentation"`

	Issuer       string `yaml:"issuer"`
	AuthorizeURL string `yaml:"authorize_url"`
	TokenURL     string `yaml:"token_url"`
	RevokeURL    string `yaml:"revoke_url"`
	PARURL       string `yaml:"par_url"`

	IntrospectionURL string `yaml:"introspection_url"`

	ClientID         string `yaml:"client_id"`
	ClientSecretEnv  string `yaml:"client_secret_env"`
	ClientSecretFile string `yaml:"client_secret_file"`
	ClientAuth       string `yaml:"client_auth"`

	PKCE            string            `yaml:"pkce"`
	PAR             string            `yaml:"par"`
	DPoP            bool              `yaml:"dpop"`
	Scopes          []scopeForm       `yaml:"scopes"`
	ScopeSeparator  string            `yaml:"scope_separator"`
	AuthorizeParams map[string]string `yaml:"authorize_params"`
	DenialErrors    []string          `yaml:"denial_errors"`
	Switch          switchForm        `yaml:"switch"`

	AccessLifetime string      `yaml:"access_lifetime"`
	Refresh        refreshForm `yaml:"refresh"`
	Revocation     string      `yaml:"revocation"`
	RevokeReplaced bool        `yaml:"revoke_replaced"`

	Identity     identityForm `yaml:"identity"`
	Targets      *targetsForm `yaml:"targets"`
	RefreshRules []ruleForm   `yaml:"refresh_rules"`
	CallRules    []ruleForm   `yaml:"call_rules"`
	ProbeEvery   string       `yaml:"probe_every"`
}

// switchForm says how people come to another account than the one they are signed in with.
type switchForm struct {
	Params     map[string]string `yaml:"params"`
	SignOutURL string            `yaml:"sign_out_url"`
}

type scopeForm struct {
	Name     string `yaml:"name"`
	Feature  string `yaml:"feature"`
	Required bool   `yaml:"required"`
}

type refreshForm struct {
	Model     string `yaml:"model"`
	Grace     string `yaml:"grace"`
	Lifetime  string `yaml:"lifetime"`
	GrantType string `yaml:"grant_type"`
	Parameter string `yaml:"parameter"`
}

// identityForm says where it is told whose consent it is. All but URL are JSON pointers
// (RFC 6901) into the answer.
type identityForm struct {
	URL      string `yaml:"url"`
	Subject  string `yaml:"subject"`
	Name     string `yaml:"name"`
	Username string `yaml:"username"`
	Link     string `yaml:"link"`
	Avatar   string `yaml:"avatar"`
	Scopes   string `yaml:"scopes"`
	Kind     string `yaml:"kind"`
}

// targetsForm says where it is told what a consent reaches. List and Next point into
// the answer, the others into each item of the list.
type targetsForm struct {
	URL      string  `yaml:"url"`
	List     string  `yaml:"list"`
	Next     *string `yaml:"next"`
	Kind     string  `yaml:"kind"`
	ID       string  `yaml:"id"`
	Name     string  `yaml:"name"`
	Username string  `yaml:"username"`
	Link     string  `yaml:"link"`
	Avatar   string  `yaml:"avatar"`
	Token    *string `yaml:"token"`
	Pick     string  `yaml:"pick"`
}

type ruleForm struct {
	Word   string `yaml:"word"`
	Status int    `yaml:"status"`
	Class  string `yaml:"class"`
	Reason string `yaml:"reason"`
}
