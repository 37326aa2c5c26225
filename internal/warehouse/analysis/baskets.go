package analysis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/basket"
)

// A basket is an order: the products of its sales. Fees are no products.
func runBaskets(ctx context.Context, s *scan) (*outcome, error) {
	p := s.settings.Baskets
	settings := basket.Settings{MinSupport: p.MinSupport, MinConfidence: p.MinConfidence, MaxItems: p.MaxItems, MaxItemsets: p.MaxItemsets}
	sales := s.lines("order_id, product_id") + " AND kind = 'sale' AND order_id IS NOT NULL AND product_id IS NOT NULL"
	rows, err := s.query(ctx, "SELECT count(DISTINCT order_id) FROM ("+sales+")")
	if err != nil {
		return nil, err
	}
	r := reader{row: rows[0]}
	settings.All = int(r.number())
	if r.err != nil {
		return nil, r.err
	}
	baskets, err := s.baskets(ctx, sales, settings.Least(settings.All))
	if err != nil {
		return nil, err
	}
	found, err := basket.Mine(baskets, settings)
	if errors.Is(err, basket.ErrTooMany) {
		return nil, fmt.Errorf("%w: %w (analysis.baskets)", ErrInput, err)
	}
	if err != nil {
		return nil, err
	}
	s.figures["baskets"], s.figures["itemsets"], s.figures["rules"] = strconv.Itoa(found.Baskets), strconv.Itoa(len(found.Itemsets)), strconv.Itoa(len(found.Rules))
	tables, err := basketTables(found)
	return &outcome{tables: tables, parameters: map[string]string{
		"min_support": strconv.FormatFloat(p.MinSupport, 'g', -1, 64), "min_confidence": strconv.FormatFloat(p.MinConfidence, 'g', -1, 64),
		"max_items": strconv.Itoa(p.MaxItems),
	}}, err
}

// baskets returns the baskets with those products that are in least of them.
func (s *scan) baskets(ctx context.Context, sales string, least int) ([][]string, error) {
	rows, err := s.query(ctx, `WITH sales AS MATERIALIZED (SELECT DISTINCT order_id, product_id FROM (`+sales+`)),
frequent AS (SELECT product_id FROM sales GROUP BY 1 HAVING count(*) >= ?)
SELECT list(product_id) FROM sales JOIN frequent USING (product_id) GROUP BY order_id`, least)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string) // every name once
	baskets := make([][]string, len(rows))
	for i, row := range rows {
		items, ok := row[0].([]any)
		if !ok {
			return nil, fmt.Errorf("BUG: a basket is a %T", row[0])
		}
		baskets[i] = make([]string, len(items))
		for k, v := range items {
			item, ok := v.(string)
			if !ok {
				return nil, fmt.Errorf("BUG: a product is a %T", v)
			}
			name, ok := names[item]
			if !ok {
				name, names[item] = item, item
			}
			baskets[i][k] = name
		}
	}
	return baskets, nil
}

func basketTables(found *basket.Result) ([]olap.Snapshot, error) {
	sets := newTable(ItemsetsTable, "Products that are often in one order",
		col("items", olap.Text, "Products, a JSON list"),
		col("size", olap.Int32, "How many they are"),
		col("baskets", olap.Int64, "Orders that have all of them"),
		col("support", olap.Double, "Share of all orders"))
	for _, set := range found.Itemsets {
		items, err := json.Marshal(set.Items)
		if err != nil {
			return nil, err
		}
		sets.text(string(items)).count(len(set.Items)).count(set.Count).double(float64(set.Count) / float64(found.Baskets))
	}
	rules := newTable(BasketRuleTable, "What orders with some products also have",
		col("if_items", olap.Text, "Products, a JSON list"),
		col("then_items", olap.Text, "Products that orders with those have as well, a JSON list"),
		col("baskets", olap.Int64, "Orders that have all of them"),
		col("support", olap.Double, "Share of all orders"),
		col("confidence", olap.Double, "Of the orders with if_items, the share that has then_items"),
		col("lift", olap.Double, "How much more often than if they had nothing to do with each other"))
	for i := range found.Rules {
		r := &found.Rules[i]
		from, err := json.Marshal(r.If)
		if err != nil {
			return nil, err
		}
		to, err := json.Marshal(r.Then)
		if err != nil {
			return nil, err
		}
		rules.text(string(from)).text(string(to)).count(r.Count).double(r.Support).double(r.Confidence).double(r.Lift)
	}
	return []olap.Snapshot{sets.Snapshot, rules.Snapshot}, nil
}
