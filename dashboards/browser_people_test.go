package dashboards

import (
	"encoding/json"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// The pages of people in a browser.
func TestBrowserPeople(t *testing.T) {
	b := browse(t, func(testing.TB) *fiber.App { return serve(t, peopledWarehouse(t), fixtureCompany) })
	r := &request{numbers: numbersFor("en")}
	value := func(row map[string]any, name string) float64 {
		v, err := row[name].(json.Number).Float64()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tryPage(t, b, pageTrial{
		path: "/reviews", shot: "reviews", figures: 5, figure: "chart-recognition", field: "unit", value: "sales", query: "reviews",
		cell: func(row map[string]any) string {
			if row["measure"] != "recognition" {
				return ""
			}
			return r.numbers.fixed(value(row, "amount")/value(row, "base"), 2)
		},
	})
	tryPage(t, b, pageTrial{
		path: "/workforce", shot: "staff", figures: 8, figure: "chart-money", field: "basis", value: "paid", query: "money_per_fte",
		cell: func(row map[string]any) string {
			return r.numbers.exact(value(row, "amount_per_fte"), moneyIn("EUR"))
		},
	})
	b.check(t)
}
