package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A store is the file of what was said: how each rule stands, what waits to be
// delivered, and the last deliveries.
type store struct {
	path string

	States map[string]*state `json:"states"`
	Outbox []Message         `json:"outbox"`
	Log    []delivery        `json:"log"`
}

// A state is how a rule stands for one recipient and thing.
type state struct {
	Since time.Time `json:"since,omitzero"` // it holds
	Fires bool      `json:"fires"`          // and was told
	Told  time.Time `json:"told,omitzero"`
	Rung  string    `json:"rung,omitempty"`
	Text  string    `json:"text"`
}

// A delivery is one message that went out, or was given up.
type delivery struct {
	At      time.Time `json:"at"`
	ID      string    `json:"id"`
	Alert   string    `json:"alert"`
	What    string    `json:"what"`
	To      string    `json:"to"`
	As      string    `json:"as"`
	Outcome string    `json:"outcome"` // delivered, or why it was given up
}

func openStore(path string) (*store, error) {
	s := &store{path: path, States: map[string]*state{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if s.States == nil {
		s.States = map[string]*state{}
	}
	return s, nil
}

// save writes the file whole.
func (s *store) save() (err error) {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), ".alerts-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.path)
}

func (s *store) state(key string) *state {
	if s.States[key] == nil {
		s.States[key] = &state{}
	}
	return s.States[key]
}

// note adds a delivery to the log, of which the last ones are kept.
func (s *store) note(d delivery) {
	const most = 1000
	s.Log = append(s.Log, d)
	s.Log = s.Log[max(0, len(s.Log)-most):]
}

// step moves a state on, and says whether there is something to tell, and what.
func (s *state) step(rule *Rule, f finding, now time.Time) (news bool, what string) {
	s.Text = f.text
	if rule.Kind == Rung {
		before := s.Rung
		s.Rung = f.rung
		if before == "" || before == f.rung {
			return false, ""
		}
		s.Since, s.Told = now, now
		return true, "changed from " + before + " to " + f.rung
	}
	if !f.fires {
		was := s.Fires
		s.Since, s.Fires = time.Time{}, false
		if was && !rule.Silent {
			s.Told = now
			return true, "over"
		}
		return false, ""
	}
	if s.Since.IsZero() {
		s.Since = now
	}
	switch {
	case !s.Fires && now.Sub(s.Since) >= rule.hold:
		s.Fires, s.Told = true, now
		return true, "alert"
	case s.Fires && rule.again > 0 && now.Sub(s.Told) >= rule.again:
		s.Told = now
		return true, "still"
	}
	return false, ""
}

// list says how every rule stands.
func (s *store) list(rules []*Rule) []Standing {
	var out []Standing
	for _, rule := range rules {
		for _, to := range rule.To {
			prefix := strings.Join([]string{rule.Name, to.key(), to.As}, "\x1f") + "\x1f"
			waiting, why := 0, ""
			for _, m := range s.Outbox {
				if m.Rule == rule.Name && m.To == to.name() {
					waiting++
					why = m.LastError
				}
			}
			var keys []string
			for key := range s.States {
				if strings.HasPrefix(key, prefix) {
					keys = append(keys, key)
				}
			}
			slices.Sort(keys)
			if len(keys) == 0 {
				out = append(out, Standing{Alert: rule.Name, To: to.name(), As: to.As, State: "not looked at yet", Waiting: waiting, LastFail: why})
			}
			for _, key := range keys {
				st := s.States[key]
				line := Standing{
					Alert: rule.Name, To: to.name(), As: to.As, Thing: strings.TrimPrefix(key, prefix), State: "quiet",
					Since: st.Since, Told: st.Told, Text: st.Text, Waiting: waiting, LastFail: why,
				}
				switch {
				case st.Fires:
					line.State = "alert"
				case !st.Since.IsZero() && rule.Kind != Rung:
					line.State = "pending"
				}
				out = append(out, line)
			}
		}
	}
	return out
}
