package flight

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
)

// registerInfo says what drivers ask of a server when they connect.
func (s *Server) registerInfo() error {
	const caseInsensitive, nullsAtEnd = int64(1), int64(1)
	var errs []error
	for id, value := range map[flightsql.SqlInfo]any{
		flightsql.SqlInfoFlightSqlServerName:             "Dials",
		flightsql.SqlInfoFlightSqlServerVersion:          s.Version,
		flightsql.SqlInfoFlightSqlServerArrowVersion:     arrow.PkgVersion,
		flightsql.SqlInfoFlightSqlServerReadOnly:         true,
		flightsql.SqlInfoFlightSqlServerSql:              true,
		flightsql.SqlInfoFlightSqlServerSubstrait:        false,
		flightsql.SqlInfoFlightSqlServerTransaction:      int32(0), // none
		flightsql.SqlInfoFlightSqlServerCancel:           true,
		flightsql.SqlInfoFlightSqlServerBulkIngestion:    false,
		flightsql.SqlInfoFlightSqlServerStatementTimeout: int32(s.Config.DeadlineSeconds) * 1000, //nolint:gosec // up to an hour
		flightsql.SqlInfoDDLCatalog:                      false,
		flightsql.SqlInfoDDLSchema:                       false,
		flightsql.SqlInfoDDLTable:                        false,
		flightsql.SqlInfoIdentifierCase:                  caseInsensitive,
		flightsql.SqlInfoIdentifierQuoteChar:             `"`,
		flightsql.SqlInfoQuotedIdentifierCase:            caseInsensitive,
		flightsql.SqlInfoAllTablesAreASelectable:         true,
		flightsql.SqlInfoNullOrdering:                    nullsAtEnd,
		flightsql.SqlInfoSchemaTerm:                      "schema",
		flightsql.SqlInfoCatalogTerm:                     "catalog",
		flightsql.SqlInfoProcedureTerm:                   "procedure",
		flightsql.SqlInfoCatalogAtStart:                  true,
		flightsql.SqlInfoSupportsColumnAliasing:          true,
		flightsql.SqlInfoSearchStringEscape:              `\`,
		flightsql.SqlInfoExtraNameChars:                  "",
		flightsql.SqlInfoKeywords:                        []string{},
		flightsql.SqlInfoNumericFunctions:                []string{"abs", "ceil", "floor", "ln", "log10", "mod", "power", "round", "sqrt"},
		flightsql.SqlInfoStringFunctions:                 []string{"concat", "length", "lower", "ltrim", "replace", "rtrim", "substring", "upper"},
		flightsql.SqlInfoSystemFunctions:                 []string{},
		flightsql.SqlInfoDateTimeFunctions:               []string{"current_date", "date_diff", "date_part", "date_trunc", "month", "now", "year"},
	} {
		errs = append(errs, s.RegisterSqlInfo(id, value))
	}
	return errors.Join(errs...)
}

// A sqlType is a type of columns and parameters as ODBC and JDBC number them.
type sqlType struct {
	name           string
	code, size     int32
	prefix, suffix string
	scale          int32 // -1 has none
	isUnsigned     bool
}

func sqlTypes() []sqlType {
	return []sqlType{
		{"BOOLEAN", -7, 1, "", "", -1, false},
		{"TINYINT", -6, 3, "", "", 0, false},
		{"BIGINT", -5, 19, "", "", 0, false},
		{"DECIMAL", 3, 38, "", "", 38, false},
		{"INTEGER", 4, 10, "", "", 0, false},
		{"SMALLINT", 5, 5, "", "", 0, false},
		{"FLOAT", 7, 24, "", "", -1, false},
		{"DOUBLE", 8, 53, "", "", -1, false},
		{"VARCHAR", 12, 1 << 30, "'", "'", -1, false},
		{"DATE", 91, 10, "date '", "'", -1, false},
		{"TIMESTAMP", 93, 26, "timestamp '", "'", 6, false},
	}
}

// GetFlightInfoXdbcTypeInfo describes the list of types.
func (s *Server) GetFlightInfoXdbcTypeInfo(_ context.Context, _ flightsql.GetXdbcTypeInfo, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.XdbcTypeInfo), nil
}

// DoGetXdbcTypeInfo lists the types.
func (s *Server) DoGetXdbcTypeInfo(_ context.Context, cmd flightsql.GetXdbcTypeInfo) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.XdbcTypeInfo, func(b *array.RecordBuilder) {
		for _, t := range sqlTypes() {
			if want := cmd.GetDataType(); want == nil || *want == t.code {
				t.append(b)
			}
		}
	})
}

// append adds the type as a row of schema_ref.XdbcTypeInfo.
func (t sqlType) append(b *array.RecordBuilder) {
	const nullable, searchable, decimal = 1, 3, 10
	text := func(i int, s string) {
		if s == "" {
			b.Field(i).AppendNull()
			return
		}
		b.Field(i).(*array.StringBuilder).Append(s)
	}
	number := func(i int, n int32) { b.Field(i).(*array.Int32Builder).Append(n) }
	yes := func(i int, is bool) { b.Field(i).(*array.BooleanBuilder).Append(is) }
	text(0, t.name)
	number(1, t.code)
	number(2, t.size)
	text(3, t.prefix)
	text(4, t.suffix)
	b.Field(5).AppendNull()
	number(6, nullable)
	yes(7, t.name == "VARCHAR")
	number(8, searchable)
	yes(9, t.isUnsigned)
	yes(10, false)
	yes(11, false)
	text(12, t.name)
	for _, i := range []int{13, 14} {
		if t.scale < 0 {
			b.Field(i).AppendNull()
		} else {
			number(i, t.scale*int32(i-13)) //nolint:gosec // 0 or 1
		}
	}
	number(15, t.code)
	b.Field(16).AppendNull()
	if t.scale < 0 {
		b.Field(17).AppendNull()
	} else {
		number(17, decimal)
	}
	b.Field(18).AppendNull()
}
