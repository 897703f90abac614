package alerts

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// A Message is one thing to tell one recipient.
type Message struct {
	ID        string    `json:"id"`
	Rule      string    `json:"alert"`
	What      string    `json:"what"` // alert, still, over, changed …, digest or test
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html,omitempty"`
	To        string    `json:"to"`
	As        string    `json:"as"`
	At        time.Time `json:"at"`
	Tries     int       `json:"tries"`
	NextAt    time.Time `json:"next_at,omitzero"`
	LastError string    `json:"last_error,omitempty"`
	Recipient Recipient `json:"recipient"`
}

// messageID is the same for the same thing said at the same time.
func messageID(at time.Time, parts ...string) string {
	sum := sha256.Sum256([]byte(at.Format(time.RFC3339Nano) + "\x1f" + strings.Join(parts, "\x1f")))
	return hex.EncodeToString(sum[:12])
}

// message words what a rule found.
func (a *Alerts) message(rule *Rule, to Recipient, f finding, what string, now time.Time) Message {
	head := map[string]string{"alert": "Alert", "still": "Still", "over": "Over", "test": "Test"}[what]
	if head == "" {
		head = "Changed"
	}
	first, _, _ := strings.Cut(f.text, "\n")
	text := f.text + "\n\n"
	if strings.HasPrefix(what, "changed") {
		text += "It has " + what + ".\n"
	}
	unit := rule.Unit
	if unit == "" {
		unit = to.policy.Home()
	}
	if unit == "*" {
		unit = "the company"
	}
	text += fmt.Sprintf("Alert %q of %s, for %s, as %s sees it, at %s UTC.\n", rule.Name, a.o.Company, unit, to.As, now.Format("2006-01-02 15:04"))
	if a.o.BaseURL != "" {
		text += a.o.BaseURL + "/\n"
	}
	return Message{
		ID: messageID(now, rule.Name, to.key(), to.As, f.key, what), Rule: rule.Name, What: what, Recipient: to, To: to.name(), As: to.As, At: now,
		Subject: oneLine(fmt.Sprintf("%s: %s: %s", head, rule.Name, first)), Text: text,
	}
}

// oneLine makes a text fit for a header.
func oneLine(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// deliver sends what waits and is due. What cannot be delivered is tried again, ever
// more rarely, and given up after two days.
func (a *Alerts) deliver(ctx context.Context, now time.Time) error {
	const longest, givenUp = time.Hour, 48 * time.Hour
	var errs []error
	var left []Message
	for _, m := range a.s.Outbox {
		if now.Before(m.NextAt) {
			left = append(left, m)
			continue
		}
		err := a.send(ctx, m)
		d := delivery{At: now, ID: m.ID, Alert: m.Rule, What: m.What, To: m.To, As: m.As, Outcome: "delivered"}
		if err == nil {
			a.o.Log.InfoContext(ctx, "alert delivered", "alert", m.Rule, "what", m.What, "to", m.To, "as", m.As)
			a.s.note(d)
			continue
		}
		m.Tries++
		m.LastError = err.Error()
		m.NextAt = now.Add(min(longest, time.Minute<<min(m.Tries-1, 6)))
		if now.Sub(m.At) >= givenUp {
			d.Outcome = "given up: " + m.LastError
			a.s.note(d)
			a.o.Log.ErrorContext(ctx, "alert given up", "alert", m.Rule, "to", m.To, "tries", m.Tries, "err", err)
		} else {
			a.o.Log.ErrorContext(ctx, "alert not delivered", "alert", m.Rule, "to", m.To, "tries", m.Tries, "next", m.NextAt, "err", err)
			left = append(left, m)
		}
		errs = append(errs, fmt.Errorf("%s: %s: %w", m.Rule, m.To, err))
	}
	a.s.Outbox = left
	return errors.Join(append(errs, a.s.save())...)
}

// send delivers one message.
func (a *Alerts) send(ctx context.Context, m Message) error {
	if a.o.Record != nil {
		if err := a.o.Record(m); err != nil {
			return fmt.Errorf("it cannot be put on record: %w", err)
		}
	}
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch {
	case m.Recipient.Webhook != "":
		return a.post(ctx, m)
	case m.Recipient.Stdout || a.o.Config.Mail.Stdout:
		_, err := fmt.Fprintf(a.o.Stdout, "To: %s\nSubject: %s\n\n%s\n", m.To, m.Subject, m.Text)
		return err
	}
	return a.mail(ctx, m)
}

// mail hands a message to the mail server.
func (a *Alerts) mail(ctx context.Context, m Message) error {
	c := a.o.Config.Mail
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(c.From), msg.To(m.To)); err != nil {
		return err
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(m.At)
	_, host, _ := strings.Cut(c.From, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + strings.TrimRight(host, "> "))
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	options := []mail.Option{mail.WithPort(c.Port)}
	switch c.TLS {
	case "tls":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.User != "" {
		auth := mail.SMTPAuthPlain
		if c.TLS == "none" {
			auth = mail.SMTPAuthPlainNoEnc
		}
		options = append(options, mail.WithSMTPAuth(auth), mail.WithUsername(c.User), mail.WithPassword(a.o.Getenv(c.PasswordEnv)))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return err
	}
	return client.DialAndSendWithContext(ctx, msg)
}

// post sends a message to a webhook, signed: the header Dials-Signature holds the time
// and the HMAC-SHA256 of "time.body" by the recipient's key.
func (a *Alerts) post(ctx context.Context, m Message) error {
	key := a.o.Getenv(m.Recipient.SecretEnv)
	if key == "" {
		return fmt.Errorf("the environment has no %s, which secret_env names", m.Recipient.SecretEnv)
	}
	body, err := json.Marshal(map[string]any{
		"id": m.ID, "alert": m.Rule, "what": m.What, "subject": m.Subject, "text": m.Text, "company": a.o.Company, "as": m.As, "at": m.At,
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.Recipient.Webhook, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook is no address") // which may hold a secret
	}
	at := strconv.FormatInt(a.o.Clock().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "dials")
	request.Header.Set("Dials-Signature", "t="+at+",v1="+Sign(key, at, body))
	client := &http.Client{Transport: a.o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		var inner interface{ Unwrap() error }
		if errors.As(err, &inner) && inner.Unwrap() != nil {
			err = inner.Unwrap() // without the address
		}
		return err
	}
	defer response.Body.Close()
	const enough = 64 << 10
	_, _ = io.CopyN(io.Discard, response.Body, enough)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("the webhook answers %s", response.Status)
	}
	return nil
}

// Sign is the signature of a webhook's body at a time.
func Sign(key, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
