package flight

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql/schema_ref"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"dials/dashboards/flight/worker"
	"dials/queries"
)

// tableType is the one type of table there is.
const tableType = "TABLE"

// A tableList is what a token may query, of one version of the data.
type tableList struct {
	version int64
	policy  string
	tables  []tableInfo
}

type tableInfo struct {
	extract queries.Extract
	schema  *arrow.Schema
}

// remarks say what a column means.
func remarks(c queries.ExtractColumn) string {
	if c.Unit == "" {
		return c.Says
	}
	return c.Says + " (" + c.Unit + ")"
}

// tables lists what the caller may query. It asks the gate, and needs no worker.
func (s *Server) tables(ctx context.Context) ([]tableInfo, error) {
	c := callOf(ctx)
	version, err := s.Marts.Version(ctx)
	if err != nil {
		return nil, s.broken(ctx, err)
	}
	policy := c.visitor.Policy.GroupKey()
	c.session.mu.Lock()
	known := c.session.tables
	c.session.mu.Unlock()
	if known != nil && known.version == version && known.policy == policy {
		return known.tables, nil
	}
	list := &tableList{version: version, policy: policy}
	for _, e := range s.catalogue {
		cut, err := s.cutOf(ctx, c.reader(), e)
		if err != nil {
			return nil, s.broken(ctx, err)
		}
		if cut == nil {
			continue
		}
		schema, err := cut.Schema(ctx, s.Engine)
		if err != nil {
			return nil, s.broken(ctx, err)
		}
		fields := schema.Fields()
		for i, column := range cut.Columns {
			fields[i].Metadata = flightsql.NewColumnMetadataBuilder().CatalogName(worker.Catalog).SchemaName(worker.Schema).TableName(e.Name).
				IsReadOnly(true).IsAutoIncrement(false).IsSearchable(true).IsCaseSensitive(true).Remarks(remarks(column)).Metadata()
		}
		list.tables = append(list.tables, tableInfo{e, arrow.NewSchema(fields, nil)})
	}
	slices.SortFunc(list.tables, func(a, b tableInfo) int { return strings.Compare(a.extract.Name, b.extract.Name) })
	c.session.mu.Lock()
	c.session.tables = list
	c.session.mu.Unlock()
	return list.tables, nil
}

// like matches names against a pattern of SQL; nil matches all.
func like(pattern *string) func(string) bool {
	if pattern == nil {
		return func(string) bool { return true }
	}
	var b strings.Builder
	for _, r := range *pattern {
		switch r {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return regexp.MustCompile("(?is)^" + b.String() + "$").MatchString
}

func isCatalog(name *string) bool { return name == nil || *name == worker.Catalog }

// one answers with a single batch that fill makes.
func one(schema *arrow.Schema, fill func(b *array.RecordBuilder)) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	fill(b)
	chunks := make(chan flight.StreamChunk, 1)
	chunks <- flight.StreamChunk{Data: b.NewRecordBatch()}
	close(chunks)
	return schema, chunks, nil
}

// add appends one row of texts to a builder.
func add(b *array.RecordBuilder, texts ...string) {
	for i, t := range texts {
		b.Field(i).(*array.StringBuilder).Append(t)
	}
}

// GetFlightInfoCatalogs describes the list of catalogs.
func (s *Server) GetFlightInfoCatalogs(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.Catalogs), nil
}

// DoGetCatalogs lists the one catalog.
func (s *Server) DoGetCatalogs(context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.Catalogs, func(b *array.RecordBuilder) { add(b, worker.Catalog) })
}

// GetFlightInfoSchemas describes the list of schemas.
func (s *Server) GetFlightInfoSchemas(_ context.Context, _ flightsql.GetDBSchemas, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.DBSchemas), nil
}

// DoGetDBSchemas lists the one schema.
func (s *Server) DoGetDBSchemas(_ context.Context, cmd flightsql.GetDBSchemas) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.DBSchemas, func(b *array.RecordBuilder) {
		if isCatalog(cmd.GetCatalog()) && like(cmd.GetDBSchemaFilterPattern())(worker.Schema) {
			add(b, worker.Catalog, worker.Schema)
		}
	})
}

// GetFlightInfoTableTypes describes the list of types of tables.
func (s *Server) GetFlightInfoTableTypes(_ context.Context, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.TableTypes), nil
}

// DoGetTableTypes lists the one type of table.
func (s *Server) DoGetTableTypes(context.Context) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.TableTypes, func(b *array.RecordBuilder) { add(b, tableType) })
}

func tablesSchema(cmd flightsql.GetTables) *arrow.Schema {
	if cmd.GetIncludeSchema() {
		return schema_ref.TablesWithIncludedSchema
	}
	return schema_ref.Tables
}

// GetFlightInfoTables describes the list of tables.
func (s *Server) GetFlightInfoTables(_ context.Context, cmd flightsql.GetTables, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, tablesSchema(cmd)), nil
}

// DoGetTables lists what the token may query.
func (s *Server) DoGetTables(ctx context.Context, cmd flightsql.GetTables) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	tables, err := s.tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	name, schema := like(cmd.GetTableNameFilterPattern()), like(cmd.GetDBSchemaFilterPattern())
	types := cmd.GetTableTypes()
	return one(tablesSchema(cmd), func(b *array.RecordBuilder) {
		for _, t := range tables {
			if !isCatalog(cmd.GetCatalog()) || !schema(worker.Schema) || !name(t.extract.Name) || len(types) > 0 && !slices.Contains(types, tableType) {
				continue
			}
			add(b, worker.Catalog, worker.Schema, t.extract.Name, tableType)
			if cmd.GetIncludeSchema() {
				b.Field(4).(*array.BinaryBuilder).Append(flight.SerializeSchema(t.schema, memory.DefaultAllocator))
			}
		}
	})
}

// GetFlightInfoPrimaryKeys describes the list of a table's key.
func (s *Server) GetFlightInfoPrimaryKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.PrimaryKeys), nil
}

// DoGetPrimaryKeys lists the columns of a table's key.
func (s *Server) DoGetPrimaryKeys(ctx context.Context, ref flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	tables, err := s.tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	return one(schema_ref.PrimaryKeys, func(b *array.RecordBuilder) {
		for _, t := range tables {
			if t.extract.Name != ref.Table || !isCatalog(ref.Catalog) || ref.DBSchema != nil && *ref.DBSchema != worker.Schema {
				continue
			}
			for i, column := range t.extract.Key {
				add(b, worker.Catalog, worker.Schema, t.extract.Name, column)
				b.Field(4).(*array.Int32Builder).Append(int32(i + 1)) //nolint:gosec // a few columns
				b.Field(5).(*array.StringBuilder).AppendNull()
			}
		}
	})
}

// GetFlightInfoImportedKeys describes an empty list.
func (s *Server) GetFlightInfoImportedKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.ImportedKeys), nil
}

// DoGetImportedKeys lists nothing: keys of other tables are not declared.
func (s *Server) DoGetImportedKeys(context.Context, flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.ImportedKeys, func(*array.RecordBuilder) {})
}

// GetFlightInfoExportedKeys describes an empty list.
func (s *Server) GetFlightInfoExportedKeys(_ context.Context, _ flightsql.TableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.ExportedKeys), nil
}

// DoGetExportedKeys lists nothing.
func (s *Server) DoGetExportedKeys(context.Context, flightsql.TableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.ExportedKeys, func(*array.RecordBuilder) {})
}

// GetFlightInfoCrossReference describes an empty list.
func (s *Server) GetFlightInfoCrossReference(_ context.Context, _ flightsql.CrossTableRef, desc *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	return infoOf(desc, desc.Cmd, schema_ref.CrossReference), nil
}

// DoGetCrossReference lists nothing.
func (s *Server) DoGetCrossReference(context.Context, flightsql.CrossTableRef) (*arrow.Schema, <-chan flight.StreamChunk, error) {
	return one(schema_ref.CrossReference, func(*array.RecordBuilder) {})
}
