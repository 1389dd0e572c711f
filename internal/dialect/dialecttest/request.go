package dialecttest

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// parseRequest reads a request as documentation shows it.
func parseRequest(text string) (*http.Request, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "curl ") {
		return parseCurl(text)
	}
	head, body, _ := strings.Cut(text, "\n\n")
	first, headers, _ := strings.Cut(head, "\n")
	method, address, ok := strings.Cut(strings.TrimSuffix(first, " HTTP/1.1"), " ")
	if !ok {
		return nil, fmt.Errorf("%q is no request line", first)
	}
	header, err := parseHeaders(headers)
	if err != nil {
		return nil, err
	}
	return newRequest(method, address, header, body)
}

// parseCurl does what curl does with the options that the documents use.
func parseCurl(text string) (*http.Request, error) {
	words, err := shellWords(text)
	if err != nil {
		return nil, err
	}
	method, address, headers, body := "", "", "", ""
	for i := 1; i < len(words); i++ {
		option := words[i]
		if !strings.HasPrefix(option, "-") {
			address = option
			continue
		}
		if option == "--location" || option == "-L" {
			continue
		}
		if i++; i == len(words) {
			return nil, fmt.Errorf("curl option %s has no value", option)
		}
		switch option {
		case "--request", "-X":
			method = words[i]
		case "--header", "-H":
			headers += words[i] + "\n"
		case "--data", "--data-raw", "-d":
			body = words[i]
		default:
			return nil, fmt.Errorf("curl option %s is not known here", option)
		}
	}
	header, err := parseHeaders(headers)
	if err != nil {
		return nil, err
	}
	if body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return newRequest(curlMethod(method, body), address, header, body)
}

func curlMethod(asked, body string) string {
	switch {
	case asked != "":
		return asked
	case body != "":
		return http.MethodPost
	default:
		return http.MethodGet
	}
}

// shellWords splits a command line with quotes and continued lines.
func shellWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for _, c := range strings.ReplaceAll(text, "\\\n", " ") {
		switch {
		case quote == c:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case quote != 0 || !strings.ContainsRune(" \t\n", c):
			word.WriteRune(c)
			inWord = true
		default:
			end()
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	end()
	return words, nil
}
