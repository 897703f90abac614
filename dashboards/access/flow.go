package access

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// A flow is one sign-in at the issuer under way. It is kept, sealed, in a cookie
// of the browser that began it: nobody else can end it, and nobody can fill the
// server's memory by beginning many.
type flow struct {
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	To       string    `json:"t"`
	Until    time.Time `json:"u"`
}

// flowLife is how long somebody may take to sign in at the issuer.
const flowLife = 10 * time.Minute

// A seal makes cookies that only this process can read or write.
type seal struct{ aead cipher.AEAD }

func newSeal() (*seal, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never returns an error
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &seal{aead}, nil
}

func (s *seal) close(f flow) (string, error) {
	plain, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, plain, []byte(flowCookie))), nil
}

var errFlow = errors.New("this sign-in was not begun in this browser, or took longer than ten minutes")

// open reads a cookie's flow.
func (s *seal) open(cookie string, now time.Time) (flow, error) {
	var f flow
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil {
		return f, errFlow
	}
	plain, err := s.aead.Open(nil, nil, sealed, []byte(flowCookie))
	if err != nil {
		return f, errFlow
	}
	if err := json.Unmarshal(plain, &f); err != nil || !now.Before(f.Until) {
		return flow{}, errFlow
	}
	return f, nil
}

// newFlow returns a flow that goes back to the path to.
func newFlow(to string, verifier string, now time.Time) flow {
	random := func() string {
		b := make([]byte, 24)
		_, _ = rand.Read(b) // it never returns an error
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return flow{State: random(), Nonce: random(), Verifier: verifier, To: SafeReturn(to), Until: now.Add(flowLife)}
}
