package dashboards

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// jsonValue is a value of DuckDB as JSON has it: dates as 2024-03-01, instants in
// UTC, decimals as text so that nothing rounds them, what is no number as null.
func jsonValue(v any, duckType string) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case time.Time:
		if strings.HasPrefix(strings.TrimSuffix(duckType, "[]"), "DATE") {
			return v.Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	case *big.Int:
		return v.String()
	case []any:
		for i := range v {
			v[i] = jsonValue(v[i], strings.TrimSuffix(duckType, "[]"))
		}
		return v
	case fmt.Stringer:
		return v.String()
	}
	return v
}

// A problem is an error for programs, by RFC 9457.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// wantsProblem reports whether a request comes from a program.
func wantsProblem(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), "/api/") || strings.HasPrefix(c.Path(), "/extracts/") || c.Get(fiber.HeaderAuthorization) != ""
}

func sendProblem(c *fiber.Ctx, m mistake) error {
	if err := c.Status(m.Status).JSON(problem{"about:blank", m.Title, m.Status, m.Advice}); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return nil
}
