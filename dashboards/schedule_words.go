package dashboards

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// scheduleWords writes the usual cron schedules in words, others as they are.
func scheduleWords(cron string) string {
	f := strings.Fields(cron)
	if len(f) != 5 || f[3] != "*" {
		return cron
	}
	minute, err := strconv.Atoi(f[0])
	if err != nil {
		if every, ok := strings.CutPrefix(f[0], "*/"); ok && f[1] == "*" && f[2] == "*" && f[4] == "*" {
			return "every " + every + " minutes"
		}
		return cron
	}
	if f[1] == "*" && f[2] == "*" && f[4] == "*" {
		return fmt.Sprintf("hourly at :%02d", minute)
	}
	hour, err := strconv.Atoi(f[1])
	if err != nil {
		return cron
	}
	at := fmt.Sprintf(" at %02d:%02d", hour, minute)
	switch {
	case f[2] == "*" && f[4] == "*":
		return "daily" + at
	case f[2] == "*" && f[4] == "1-5":
		return "weekdays" + at
	case f[2] == "*":
		if day, err := strconv.Atoi(f[4]); err == nil && day >= 0 && day <= 7 {
			return time.Weekday(day%7).String() + "s" + at
		}
	case f[4] == "*":
		if day, err := strconv.Atoi(f[2]); err == nil {
			return fmt.Sprintf("monthly on day %d%s", day, at)
		}
	}
	return cron
}
