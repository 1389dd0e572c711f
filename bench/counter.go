package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// refreshesOf reads the program's counter.
func refreshesOf(ctx context.Context, addr string) (fine int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		line, ok := strings.CutPrefix(lines.Text(), "patchbay_refreshes_total{")
		if !ok {
			continue
		}
		labels, value, _ := strings.Cut(line, "} ")
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, err
		}
		if !strings.Contains(labels, `class="fine"`) && n > 0 {
			return 0, fmt.Errorf("%.0f refreshes were refused: %s", n, labels)
		}
		fine += int(n)
	}
	return fine, lines.Err()
}
