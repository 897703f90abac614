package http

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// writeTime writes an instant as a service wants it.
func writeTime(t time.Time, format string, zone *time.Location) string {
	switch format {
	case "date":
		return t.In(zone).Format(time.DateOnly)
	case "epoch":
		return strconv.FormatInt(t.Unix(), 10)
	case "epoch_ms":
		return strconv.FormatInt(t.UnixMilli(), 10)
	case "http_date":
		return t.UTC().Format(http.TimeFormat)
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// readTime reads an instant; the empty text is none.
func readTime(text, format string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	switch format {
	case "date":
		return time.ParseInLocation(time.DateOnly, text, zone)
	case "epoch", "epoch_ms":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n > -1e14 && n < 1e14) {
			return time.Time{}, errors.New("is no number of seconds")
		}
		if format == "epoch_ms" {
			n /= 1000
		}
		return time.UnixMilli(int64(n * 1000)).UTC(), nil
	case "http_date":
		return http.ParseTime(text)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("is no instant")
}
