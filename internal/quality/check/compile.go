package check

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/yamldoc"
)

// measure compiles what is measured.
func (s *source) measure(path string, spec *checkSpec, c *Check) {
	col := s.column(path+".column", spec.Column, c)
	c.Column = spec.Column
	var err error
	at := path + ".kind"
	switch c.Kind {
	case "nulls":
		c.test = &rowTest{nulls: true, says: "present"}
	case "type":
		at = path + ".type"
		if c.test, err = matching(c.Column, forms[spec.Type], "readable as "+spec.Type); err == nil {
			err = textual(col)
		}
	case "format":
		at = path + ".format"
		if c.test, err = matching(c.Column, forms[spec.Format], "of the form "+spec.Format); err == nil {
			err = textual(col)
		}
	case "regex":
		at = path + ".pattern"
		if c.test, err = matching(c.Column, spec.Pattern, "matching "+spec.Pattern); err == nil {
			err = textual(col)
		}
	case "set":
		at = path + ".values"
		if len(spec.Values) > maxListValues {
			err = fmt.Errorf("%d values are too many; at most %d are taken, use the kind reference for more", len(spec.Values), maxListValues)
			break
		}
		c.test, err = member(c.Column, col, spec.Values)
	case "range", "length":
		s.limits(path, spec, c, col)
	case "quantile":
		at = path + ".quantile"
		if c.quantile, err = strconv.ParseFloat(spec.Quantile, 64); err != nil || c.quantile < 0 || c.quantile > 1 {
			err = fmt.Errorf("cannot take %q; want a number from 0 to 1, such as 0.95", spec.Quantile)
		}
	case "unique":
		s.unique(path, spec, c)
	case "ratio":
		s.ratio(path, spec, c)
	case "freshness":
		c.maxAge = s.duration(path+".max_age", spec.MaxAge, time.Hour, time.Second, 10*365*24*time.Hour)
	case "reference", "row_count":
		s.reference(path, spec, c)
	case "schema":
		c.columns = spec.Columns
	case "drift":
		s.drift(path, spec, c)
	case "anomaly":
		s.anomaly(path, spec, c)
	case "sql":
		s.statement(path, spec, c)
	}
	if err != nil {
		s.Fail(at, "%v", err)
	}
	if col != nil && needsNumber(c) && (col.Type == olap.Text || col.Type == olap.UUID || col.Type == olap.Bool || col.Type == olap.Timestamp) {
		s.Fail(path+".column", "%s is %s; a check of kind %s is about numbers or money", col.Name, col.Type.SQL(), c.Kind)
	}
}

func needsNumber(c *Check) bool {
	return c.Kind == "sum" || c.Kind == "average" || c.Kind == "quantile" || c.Kind == "ratio" && c.Column != "" ||
		c.Kind == "anomaly" && (c.anomaly.metric == "sum" || c.anomaly.metric == "average") || c.Kind == "drift" && c.drift.method == "ks"
}

func textual(col *olap.Column) error {
	if col != nil && col.Type != olap.Text {
		return fmt.Errorf("%s is %s; this kind is about texts", col.Name, col.Type.SQL())
	}
	return nil
}

// column finds the column and how it is read from batches.
func (s *source) column(path, name string, c *Check) *olap.Column {
	if name == "" {
		return nil
	}
	col, err := columnOf(c.table, name)
	if err != nil {
		s.Fail(path, "%v", err)
	}
	if col != nil {
		c.reader = readerOf(col)
	}
	return col
}

func (s *source) limits(path string, spec *checkSpec, c *Check, col *olap.Column) {
	if spec.Low == "" && spec.High == "" {
		s.Fail(path+".kind", "a check of kind %s needs low, high or both", c.Kind)
		return
	}
	var err error
	if c.Kind == "range" {
		c.test, err = between(c.Column, col, spec.Low, spec.High)
	} else if c.test, err = ofLength(c.Column, spec.Low, spec.High); err == nil {
		err = textual(col)
	}
	if err != nil {
		s.Fail(path+".kind", "%v", err)
	}
}

func (s *source) unique(path string, spec *checkSpec, c *Check) {
	c.columns = spec.Columns
	if len(c.columns) == 0 && spec.Column != "" {
		c.columns = []string{spec.Column}
	}
	if len(c.columns) == 0 {
		s.Fail(path+".kind", "a check of kind unique needs column or columns")
	}
	for i, name := range c.columns {
		col, err := columnOf(c.table, name)
		if err != nil {
			s.Fail(fmt.Sprintf("%s.columns[%d]", path, i), "%v", err)
		}
		if col != nil {
			c.readers = append(c.readers, readerOf(col))
		}
	}
}

func (s *source) ratio(path string, spec *checkSpec, c *Check) {
	switch {
	case spec.Condition != "" && (spec.Column != "" || spec.Per != ""):
		s.Fail(path+".condition", "a ratio has either a condition, or column and per")
	case spec.Condition != "":
		c.part = s.condition(path+".condition", spec.Condition, c)
	case spec.Column == "" || spec.Per == "":
		s.Fail(path+".kind", "a check of kind ratio needs condition, or column and per")
	default:
		c.perName = spec.Per
		col, err := columnOf(c.table, spec.Per)
		if err != nil {
			s.Fail(path+".per", "%v", err)
		}
		if col != nil {
			c.per = readerOf(col)
		}
	}
}

func (s *source) reference(path string, spec *checkSpec, c *Check) {
	c.of = spec.Of
	c.of.Column = cmp.Or(c.of.Column, c.Column)
	if !tableForm.MatchString(c.of.Table) {
		s.Fail(path+".of.table", "cannot take %q as a table's name", yamldoc.Clip(c.of.Table))
		return
	}
	if c.Kind == "reference" {
		if _, err := columnOf(builtin(s.tables, c.of.Table), c.of.Column); err != nil {
			s.Fail(path+".of", "%v", err)
		}
		c.test = &rowTest{says: "in " + c.of.Table + "." + c.of.Column, good: sqlText(
			quoteName(c.Column) + " IN (SELECT " + quoteName(c.of.Column) + " FROM " + quoteName(c.of.Table) + ")")}
	}
}

func (s *source) statement(path string, spec *checkSpec, c *Check) {
	c.sql, c.number = strings.TrimRight(strings.TrimSpace(spec.SQL), ";"), spec.Expects == "number"
	if len(c.sql) > maxSQLBytes {
		s.Fail(path+".sql", "the statement has %d bytes; at most %d are taken", len(c.sql), maxSQLBytes)
	}
	for _, key := range []string{"filter", "where", "over", "window"} {
		if s.Has(path + "." + key) {
			s.Fail(path+"."+key, "a check of kind sql takes no %q; the statement says which rows", key)
		}
	}
}

// readable reports whether all that the check reads can be read from batches.
func (c *Check) readable() bool {
	if c.test != nil && c.reader != nil && c.reader.id != nil {
		return false
	}
	if c.Column != "" && len(c.columns) == 0 && c.reader == nil || c.perName != "" && c.per == nil {
		return false
	}
	for _, r := range c.readers {
		if r == nil {
			return false
		}
	}
	return true
}

// expected says what the check demands, for people.
func (c *Check) expected() string {
	switch c.Kind {
	case "schema":
		if len(c.columns) > 0 {
			return list(c.columns)
		}
		return "the recorded columns"
	case "anomaly":
		return "within " + strconv.FormatFloat(c.anomaly.sensitivity, 'g', -1, 64) + " standard deviations"
	case "freshness":
		return "not older than " + duration(c.maxAge)
	}
	var parts []string
	switch {
	case c.min != nil && c.max != nil && c.min.Cmp(c.max) == 0:
		parts = append(parts, "exactly "+decimal(c.min))
	default:
		if c.min != nil {
			parts = append(parts, "at least "+decimal(c.min))
		}
		if c.max != nil {
			parts = append(parts, "at most "+decimal(c.max))
		}
	}
	text := strings.Join(parts, ", ")
	all := c.min == nil && c.max != nil && c.max.Sign() == 0
	switch {
	case c.Kind == "sql" && all:
		return "no rows"
	case c.Kind == "unique" && all:
		return "no row repeats another"
	case c.test != nil && all:
		return "every value is " + c.test.says
	case c.test != nil:
		return text + " of the values are not " + c.test.says
	}
	return text
}

// decimal writes a number without needless zeros.
func decimal(r *big.Rat) string {
	const places = 6
	if r.IsInt() {
		return r.Num().String()
	}
	text := strings.TrimRight(strings.TrimRight(r.FloatString(places), "0"), ".")
	if text == "0" || text == "-0" {
		f, _ := r.Float64()
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
	return text
}
