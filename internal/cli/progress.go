package cli

import (
	"fmt"
	"time"
)

// progress is a line on standard error that says how far something is. On a terminal the
// next one replaces it; elsewhere it is shown now and then only.
type progress struct {
	world *World
	next  time.Time // when the line may change again
}

// quietEvery keeps what is no terminal, such as a log of a build, readable.
const quietEvery = 10 * time.Second

func (p *progress) show(text string) {
	if p.world.now().Before(p.next) {
		return
	}
	columns := p.world.width(p.world.Stderr)
	if columns == 0 {
		p.next = p.world.now().Add(quietEvery)
		fmt.Fprintln(p.world.Stderr, clean(text))
		return
	}
	p.next = p.world.now().Add(progressEvery)
	fmt.Fprint(p.world.Stderr, "\r\x1b[K"+p.world.palette(p.world.Stderr).dim(shorten(clean(text), columns-1)))
}

func (p *progress) erase() {
	p.next = time.Time{}
	if p.world.width(p.world.Stderr) > 0 {
		fmt.Fprint(p.world.Stderr, "\r\x1b[K")
	}
}
