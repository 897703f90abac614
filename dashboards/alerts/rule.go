package alerts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// A Rule is one [[alert]] of config.toml: what is looked at, when it is news, and who
// is told.
type Rule struct {
	Name string `toml:"name"`
	Kind Kind   `toml:"kind"`
	Unit string `toml:"unit"` // and all below it; the recipient's own where it is absent

	// What is looked at: a dial, or any query of the pages.
	Metric string            `toml:"metric"`
	Query  string            `toml:"query"`
	Column string            `toml:"column"` // whose value is judged
	Order  string            `toml:"order"`  // of which the last row counts; without it every row does
	By     []string          `toml:"by"`     // columns that tell one thing from another
	Where  map[string]string `toml:"where"`  // columns that must hold these values

	Above     *float64 `toml:"above"`      // threshold
	Below     *float64 `toml:"below"`      // threshold
	Percent   float64  `toml:"percent"`    // change: by at least so much
	Direction string   `toml:"direction"`  // change: up, down or any
	Against   string   `toml:"against"`    // change: previous or year
	Days      float64  `toml:"days"`       // forecast_slip: at least so many days late
	Source    string   `toml:"source"`     // stale
	OlderThan string   `toml:"older_than"` // stale
	Tactic    string   `toml:"tactic"`     // rung

	For      string      `toml:"for"`      // how long it must hold first
	Renotify string      `toml:"renotify"` // how often it is told again while it holds
	Silent   bool        `toml:"silent"`   // say nothing when it is over
	To       []Recipient `toml:"to"`

	older, hold, again time.Duration
}

// Kind says what a rule looks for.
type Kind string

// The kinds.
const (
	Threshold Kind = "threshold"     // a value is above or below
	Change    Kind = "change"        // a value moved by so many per cent
	Slip      Kind = "forecast_slip" // an objective's forecast is so many days late
	Stale     Kind = "stale"         // a source has not been loaded for so long
	Rung      Kind = "rung"          // how well a tactic's effect is known has changed
)

// A Recipient is told in one way, with the rights of a role: nobody is told what they
// might not see.
type Recipient struct {
	Mail      string `toml:"mail"`
	Webhook   string `toml:"webhook"`
	SecretEnv string `toml:"secret_env"` // of the webhook: the variable that holds the key of its signature
	Stdout    bool   `toml:"stdout"`
	As        string `toml:"as"` // ROLE or ROLE:UNIT

	policy queries.Policy
}

// name says who is told, without a secret that an address may hold.
func (r Recipient) name() string {
	switch {
	case r.Mail != "":
		return r.Mail
	case r.Webhook != "":
		if u, err := url.Parse(r.Webhook); err == nil {
			return "webhook at " + u.Host
		}
		return "webhook"
	}
	return "stdout"
}

// key tells recipients apart, without the address of a webhook, which may hold a secret.
func (r Recipient) key() string {
	if r.Webhook == "" {
		return r.name()
	}
	sum := sha256.Sum256([]byte(r.Webhook))
	return "webhook " + hex.EncodeToString(sum[:8])
}

// Check finds what is wrong with a rule, and reads its durations.
func (r *Rule) Check() []error {
	var wrong []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	refuse(r.Name == "", "name is missing")
	refuse(!slices.Contains([]Kind{Threshold, Change, Slip, Stale, Rung}, r.Kind), "kind %q is none of threshold, change, forecast_slip, stale and rung", r.Kind)
	refuse(r.Metric != "" && r.Query != "", "metric and query: one of them")
	of := func(kinds ...Kind) bool { return slices.Contains(kinds, r.Kind) }
	refuse(of(Threshold, Change) && r.Metric == "" && r.Query == "", "metric or query is missing")
	refuse(r.Query != "" && r.Column == "" && of(Threshold, Change), "column is missing: whose value is judged")
	refuse(of(Threshold) && r.Above == nil && r.Below == nil, "above or below is missing")
	refuse(of(Change) && r.Percent <= 0, "percent is missing: by how much it must have moved")
	refuse(of(Change) && r.Query != "" && r.Order == "", "order is missing: which column tells the last value from the one before")
	if r.Direction == "" {
		r.Direction = "any"
	}
	if r.Against == "" {
		r.Against = "previous"
	}
	refuse(!slices.Contains([]string{"up", "down", "any"}, r.Direction), "direction %q is not up, down or any", r.Direction)
	refuse(!slices.Contains([]string{"previous", "year"}, r.Against), "against %q is not previous or year", r.Against)
	refuse(of(Slip) && r.Days <= 0, "days is missing: how late a forecast must be")
	refuse(of(Stale) && r.OlderThan == "", "older_than is missing")
	for _, d := range []struct {
		key, text string
		into      *time.Duration
	}{{"older_than", r.OlderThan, &r.older}, {"for", r.For, &r.hold}, {"renotify", r.Renotify, &r.again}} {
		if d.text == "" {
			continue
		}
		var err error
		*d.into, err = time.ParseDuration(d.text)
		refuse(err != nil || *d.into < 0, "%s %q is not a time such as \"36h\"", d.key, d.text)
	}
	refuse(len(r.To) == 0, "to is empty: who is told")
	for i := range r.To {
		for _, err := range r.To[i].check() {
			refuse(true, "to %d: %w", i+1, err)
		}
	}
	return wrong
}

func (r *Recipient) check() []error {
	var wrong []error
	ways := 0
	for _, given := range []bool{r.Mail != "", r.Webhook != "", r.Stdout} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		wrong = append(wrong, errors.New("want one of mail, webhook and stdout"))
	}
	if r.Mail != "" {
		if _, err := mail.ParseAddress(r.Mail); err != nil {
			wrong = append(wrong, fmt.Errorf("mail %q is no address", r.Mail))
		}
	}
	if r.Webhook != "" {
		u, err := url.Parse(r.Webhook)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
			wrong = append(wrong, errors.New("webhook is no address such as https://hooks.example.com/dials"))
		case u.Scheme == "http" && !loopback(u.Hostname()):
			wrong = append(wrong, errors.New("webhook wants https, off this machine"))
		}
		if r.SecretEnv == "" {
			wrong = append(wrong, errors.New("secret_env is missing: the variable that holds the key with which messages are signed"))
		}
	}
	var err error
	if r.policy, err = queries.PolicyAs(r.As); err != nil {
		wrong = append(wrong, fmt.Errorf("as: %w", err))
	}
	return wrong
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Config is [alerts]: how messages go out.
type Config struct {
	Every string `toml:"every"` // how often rules are looked at while the server runs
	Mail  Mail   `toml:"mail"`
}

// DefaultConfig returns the configuration of a company that set nothing.
func DefaultConfig() Config {
	const submission = 587
	return Config{Every: "5m", Mail: Mail{Port: submission, TLS: "starttls"}}
}

// Mail is [alerts.mail]: the server that mail is handed to.
type Mail struct {
	Host        string `toml:"host"`
	Port        int    `toml:"port"`
	TLS         string `toml:"tls"` // starttls, tls, or on this machine none
	User        string `toml:"user"`
	PasswordEnv string `toml:"password_env"`
	From        string `toml:"from"`
	Stdout      bool   `toml:"stdout"` // for trials: mail is printed
}

// Check finds what is wrong with how messages go out; mailed says whether somebody is
// told by mail.
func (c *Config) Check(mailed bool) []error {
	var wrong []error
	if d, err := time.ParseDuration(c.Every); err != nil || d < time.Second {
		wrong = append(wrong, fmt.Errorf("alerts.every %q is not a time such as \"5m\"", c.Every))
	}
	m := c.Mail
	if !slices.Contains([]string{"starttls", "tls", "none"}, m.TLS) || m.TLS == "none" && !loopback(m.Host) {
		wrong = append(wrong, fmt.Errorf("alerts.mail.tls %q is not starttls or tls (on this machine also none)", m.TLS))
	}
	if !mailed || m.Stdout {
		return wrong
	}
	if m.Host == "" {
		wrong = append(wrong, errors.New("alerts.mail.host is missing: the server that takes mail; or stdout = true for trials"))
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		wrong = append(wrong, fmt.Errorf("alerts.mail.from %q is no address", m.From))
	}
	if m.PasswordEnv != "" {
		if _, ok := os.LookupEnv(m.PasswordEnv); !ok && m.User == "" {
			wrong = append(wrong, errors.New("alerts.mail.user is missing"))
		}
	}
	return wrong
}

// A DigestRule is [digest]: page 1 by mail.
type DigestRule struct {
	Schedule string      `toml:"schedule"` // cron, in the company's time zone; empty is never
	Unit     string      `toml:"unit"`
	Period   string      `toml:"period"` // as in the page's address; the page's own where it is absent
	To       []Recipient `toml:"to"`
}

// Check finds what is wrong with the digest.
func (d *DigestRule) Check() []error {
	var wrong []error
	if d.Schedule != "" && len(d.To) == 0 {
		wrong = append(wrong, errors.New("to is empty: who is told"))
	}
	for i := range d.To {
		for _, err := range d.To[i].check() {
			wrong = append(wrong, fmt.Errorf("to %d: %w", i+1, err))
		}
		if d.To[i].Webhook != "" {
			wrong = append(wrong, fmt.Errorf("to %d: the digest goes by mail", i+1))
		}
	}
	return wrong
}

// Mailed says whether any of the recipients is told by mail.
func Mailed(to []Recipient) bool {
	return slices.ContainsFunc(to, func(r Recipient) bool { return r.Mail != "" })
}

// words joins names for a sentence.
func words(names []string) string { return strings.Join(names, ", ") }
