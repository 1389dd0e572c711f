package lab

// Sizes tells how much a Lab remembers.
func (l *Lab) Sizes() (tokens, codes, consents, ends, secrets int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, grants := range l.persons {
		consents += len(grants)
	}
	return len(l.tokens), len(l.codes), consents, len(l.endings) + len(l.ended), len(l.secrets)
}

// MaxAccess is the living access tokens of one consent.
const MaxAccess = maxAccess
