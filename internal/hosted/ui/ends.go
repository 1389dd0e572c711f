package ui

import "fmt"

// part prints one of the texts of an outcome's reason.
func (v OutcomeView) part(name string) string {
	return v.named(v.Platform, v.Account, "reason."+v.slug()+"."+name)
}

// next is what to do: what the reason says, unless the link is over or the platform has
// a way to another account.
func (v OutcomeView) next() string {
	switch {
	case v.Over:
		return v.text("connect.outcome.over")
	case v.Switch && v.SignOut != "":
		return v.named(v.Platform, v.Account, "connect.switch.both")
	case v.Switch:
		return v.named(v.Platform, v.Account, "connect.switch.asked")
	case v.SignOut != "":
		return v.named(v.Platform, v.Account, "connect.switch.signed_out")
	default:
		return v.part("next")
	}
}

func (v OutcomeView) retryText() string {
	if v.Switch {
		return v.text("connect.switch.retry")
	}
	return v.text("connect.retry")
}

// causes are the numbered reason.<slug>.cause.<n> texts, of which most reasons
// have none.
func (v OutcomeView) causes() []string {
	var out []string
	for n := 1; ; n++ {
		key := fmt.Sprintf("reason.%s.cause.%d", v.slug(), n)
		if !v.P.Has(key) {
			return out
		}
		out = append(out, v.named(v.Platform, v.Account, key))
	}
}

// wait says when trying again makes sense, in seconds below a minute.
func (v OutcomeView) wait() string {
	if 0 < v.Seconds && v.Seconds < 60 {
		return v.P.N("connect.outcome.wait_seconds", v.Seconds)
	}
	return v.P.N("connect.outcome.wait", v.Wait)
}

func (v OutcomeView) tone() Tone {
	if v.Tone == Success || v.Tone == Problem {
		return v.Tone
	}
	return Neutral
}

func (v OutcomeView) hasWays() bool {
	return v.Retry != nil || v.SignOut != "" || v.Restart != "" || v.Back != nil || v.BackURL != "" || v.More != ""
}

func (v OutcomeView) rank(first bool) string {
	if first {
		return "primary"
	}
	return ""
}
