package badinput_test

import (
	"slices"
	"strings"
	"testing"
)

// hostileRedirects are redirect URLs that would run code, lead elsewhere than they
// seem to, or never reach an application.
var hostileRedirects = append(strings.Split(`javascript:alert(1)
JaVaScRiPt:alert(1)
javascript://client.example.com/%0aalert(1)
javascript:/*https://client.example.com*/alert(1)
javascript%3Aalert(1)
%6aavascript:alert(1)
&#106;avascript:alert(1)
vbscript:msgbox(1)
data:text/html,<script>alert(1)</script>
data:text/html;base64,PHNjcmlwdD4=
DATA:,x
data://client.example.com/x
blob:https://client.example.com/1b4e
blob:null/1b4e
filesystem:https://client.example.com/temporary/x
view-source:https://client.example.com/
view-source:javascript:alert(1)
jar:https://client.example.com/x.jar!/x
file:///etc/passwd
FILE://client.example.com/share
file:C:/Windows
about:blank
about:srcdoc
intent://scan/#Intent;scheme=https;package=com.example;end
intent:#Intent;action=android.intent.action.VIEW;end
content://com.example.provider/1
ws://client.example.com/
wss://client.example.com/
ftp://client.example.com/
FTP://client.example.com/
//evil.example/callback
///evil.example/callback
////evil.example
/\evil.example
\\evil.example\callback
\/\/evil.example
/callback
callback
?callback
#callback
:callback
://client.example.com
1https://client.example.com/
ht tps://client.example.com/
https
https:
https:/
https://
https:///
https:///evil.example
https:evil.example
https:/evil.example
https:\\evil.example
https:/\evil.example
https://client.example.com\@evil.example/
https://client.example.com\.evil.example/
https://evil.example\client.example.com
https://user@client.example.com/
https://user:password@client.example.com/
https://client.example.com@evil.example/
https://client.example.com:443@evil.example/
https://@evil.example/
https://:@evil.example/
https://a@b@evil.example/
https://client.example.com%40evil.example/
https://client.example.com%2f@evil.example/
https://client.example.com%00.evil.example/
https://client.example.com%5c.evil.example/
https://%65vil.example/
https://client.example.com:65536/
https://client.example.com:-1/
https://client.example.com:port/
https://client.example.com:443:443/
https://client.example.com:０/
https://client.example.com<.evil.example/
https://client.example.com|evil.example/
https://client.example.com^evil.example/
https://"client.example.com"/
https://[::1
https://::1/
https://[::1]evil.example/
https://[::1%25lo]/
https://[v1.x]/
https://[127.0.0.1]/
https://2130706433/
https://0x7f.1/
https://0177.0.0.1/
https://127.1/
https://1.2.3.4.5/
https://256.256.256.256/
https://client.example.com/a b
https://client.example.com/%zz
https://client.example.com/%
http://client.example.com/callback
http://localhost.evil.example/
http://127.0.0.1.evil.example/
http://127.0.0.1@evil.example/
http://2130706433/
http://0/
http://[::]/
http://169.254.169.254/
http://10.0.0.1/
HTTP://client.example.com/
clientapp://user@host/callback
clientapp:user@host
clientapp://client.example.com<script>/
http://①②⑦.0.0.1/
http://１２７.0.0.1/
https://client。example/
https://bücher.example/
https://сlient.example.com/
https://client.example.com/ü
ｈｔｔｐｓ://client.example.com/
ｊａｖａｓｃｒｉｐｔ:alert(1)`, "\n"),
	" https://client.example.com/", "https://client.example.com/ ", "\thttps://client.example.com/", "\nhttps://client.example.com/",
	"java\tscript:alert(1)", "java\nscript:alert(1)", "java\r\nscript:alert(1)", "\x01javascript:alert(1)", "java\x00script:alert(1)", "ht\ttps://client.example.com/",
	"https:\t//client.example.com/", "https://client\t.example.com/", "https://client.example.com/\r\nSet-Cookie: a=b", "https://client.example.com/\x7f",
	"https://client.example.com/\u0085", "https://client.example.com/\u2028", "https://client\u00ad.example.com/", "https://client\u200b.example.com/",
	"\ufeffhttps://client.example.com/", "\u202ehttps://client.example.com/", "https://client.example.com/\u202e", "https://client.example.com/\x00",
	"https://client.example.com/"+strings.Repeat("a", 2048), strings.Repeat("a", 4096)+":x", "https://"+strings.Repeat("a.", 1500)+"example/",
	"https://client.example.com/"+strings.Repeat("/..", 900),
)

func TestThereAreManyHostileRedirects(t *testing.T) {
	t.Parallel()
	all := slices.Sorted(slices.Values(hostileRedirects))
	if n := len(slices.Compact(all)); n < 100 {
		t.Errorf("got %d hostile redirect URLs, want 100", n)
	}
}
