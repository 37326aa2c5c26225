package config

import (
	"strings"
	"testing"
)

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	const file = `
sources:
  - name: shop
    adapter: native
    postgres: {url: "postgres://millrace:${SHOP_PASSWORD}@db/shop", tables: [orders]}
  - name: hooks
    adapter: native
    webhook:
      secret: ${HOOK_SECRET}
  - name: plain
    adapter: native
    webhook: {secret: "a$${b}$c"}
`
	c, err := load(file, "SHOP_PASSWORD=p=1${x}", "HOOK_SECRET=s3cret")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "s3cret", "a${b}$c"} {
		if got := c.Sources[i].Webhook.Secret.Reveal(); got != want {
			t.Errorf("secret %d is %q, want %q", i, got, want)
		}
	}
	// What a variable holds is taken as it is, not looked through again.
	if got, want := c.Sources[0].Postgres.URL.Reveal(), "postgres://millrace:p=1${x}@db/shop"; got != want {
		t.Errorf("the URL is %q, want %q", got, want)
	}
	printed, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{"p=1", "s3cret", "a${b}"} {
		if strings.Contains(string(printed), leak) {
			t.Errorf("the printed configuration has the secret %q:\n%s", leak, printed)
		}
	}
}

func TestASecretWithoutItsVariableIsAnError(t *testing.T) {
	for _, c := range []struct{ secret, env, want string }{
		{"${HOOK_SECRET}", "OTHER=1", "the environment variable HOOK_SECRET, which it refers to, is not set"},
		{"${HOOK_SECRET}", "HOOK_SECRET=", "the environment variable HOOK_SECRET, which it refers to, is empty"},
		{"${HOOK SECRET}", "HOOK_SECRET=1", "it has a ${ that no name of a variable and } follow; write $${ for the text itself"},
		{"x${HOOK_SECRET", "HOOK_SECRET=1", "it has a ${ that no name of a variable and } follow; write $${ for the text itself"},
	} {
		_, err := load("sources:\n  - name: hooks\n    adapter: native\n    webhook:\n      secret: \""+c.secret+"\"\n", c.env)
		want := "millrace.yaml:5:15: sources[0].webhook.secret: " + c.want
		if err == nil || err.Error() != want {
			t.Errorf("%s: the error is %v, want %s", c.secret, err, want)
		}
	}
	// Elsewhere ${} has no meaning, and a variable of Millrace is taken as it is.
	c, err := load("data_dir: ${HOME}\n", "MILLRACE_LOG_SASL_MECHANISM=PLAIN", "MILLRACE_LOG_SASL_USERNAME=u", "MILLRACE_LOG_SASL_PASSWORD=${x}", "MILLRACE_LOG_BROKERS=k:9092")
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != "${HOME}" || c.Log.SASL.Password.Reveal() != "${x}" {
		t.Errorf("the folder is %q, the password %q", c.DataDir, c.Log.SASL.Password.Reveal())
	}
}
