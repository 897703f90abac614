package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"dials/dashboards/audit"
)

// lastConfig is the file, in the folder of the audit, of what the configuration was
// when the warehouse was last opened.
const lastConfig = "config.json"

// auditConfig writes down what differs from the last time that the warehouse was
// opened: each key of a section with its old and new value, floors of privacy apart,
// and of each source which keys, as its options may say where secrets are.
func auditConfig(log *audit.Log, cfg *Config) error {
	now, err := cfg.facts()
	if err != nil {
		return err
	}
	path := filepath.Join(log.Dir(), lastConfig)
	text, err := os.ReadFile(path)
	var before map[string]string
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, &before); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if maps.Equal(before, now) {
		return nil
	}
	for _, e := range configEvents(before, now) {
		if err := log.Write(e); err != nil {
			return err
		}
	}
	if text, err = json.MarshalIndent(now, "", " "); err != nil {
		return err
	}
	return replaceFile(path, text)
}

// configEvents says what changed; before is nil at the first start.
func configEvents(before, now map[string]string) []audit.Event {
	floors := audit.Event{Kind: audit.Threshold, What: "privacy", Fields: map[string]string{}}
	other := audit.Event{Kind: audit.Config, What: "config.toml", Fields: map[string]string{}}
	if before == nil {
		other.What = "config.toml, first start"
	}
	keys := maps.Clone(now)
	maps.Copy(keys, before)
	for key := range keys {
		was, had := before[key]
		is, has := now[key]
		if was == is && had == has {
			continue
		}
		to := other
		if strings.HasPrefix(key, "privacy.") && before != nil {
			to = floors
		}
		switch {
		case strings.HasPrefix(key, "source."):
			to.Fields[key] = map[bool]string{true: "changed", false: "new"}[had]
			if !has {
				to.Fields[key] = "gone"
			}
		case before == nil:
			to.Fields[key] = is
		default:
			to.Fields[key] = was + " → " + is
		}
	}
	var events []audit.Event
	for _, e := range []audit.Event{floors, other} {
		if len(e.Fields) > 0 {
			events = append(events, e)
		}
	}
	return events
}

// facts are the keys of the configuration that holds, the environment
// included, each with its value; of a source, with the hash of its value.
func (c *Config) facts() (map[string]string, error) {
	facts := map[string]string{}
	sections := reflect.ValueOf(c).Elem()
	for i := range sections.NumField() {
		section, name := sections.Field(i), sections.Type().Field(i).Tag.Get("toml")
		if section.Kind() != reflect.Struct || name == "" {
			continue
		}
		for j := range section.NumField() {
			if key := section.Type().Field(j).Tag.Get("toml"); key != "" && key != "-" {
				fact, err := factOf(section.Field(j).Interface())
				if err != nil {
					return nil, fmt.Errorf("%s.%s: %w", name, key, err)
				}
				facts[name+"."+key] = fact
			}
		}
	}
	if c.listen != "" { // a flag is no change of the configuration
		facts["server.listen"] = c.listen
	}
	var file struct {
		Sources []map[string]any `toml:"source"`
	}
	if _, err := toml.Decode(c.text, &file); err != nil {
		return nil, err
	}
	for _, s := range file.Sources {
		for key, value := range s {
			text, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			sum := sha256.Sum256(text)
			facts[fmt.Sprintf("source.%v.%s", s["name"], key)] = hex.EncodeToString(sum[:8])
		}
	}
	return facts, nil
}

// factOf writes the value of a key.
func factOf(value any) (string, error) {
	if text, ok := value.(string); ok {
		return text, nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// replaceFile writes a file of the owner's alone, whole or not at all.
func replaceFile(path string, text []byte) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	if _, err = temp.Write(text); err == nil {
		err = temp.Sync()
	}
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}
