package analysis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/millrace/millrace/event"
	"github.com/millrace/millrace/internal/store/olap"
	"github.com/millrace/millrace/internal/warehouse/attribution"
)

// channels are the ways to name a channel.
var channels = map[string]string{
	"source_medium": `coalesce(campaign_source, '(none)') || ' / ' || coalesce(campaign_medium, '(none)')`,
	"source":        `coalesce(campaign_source, '(none)')`,
	"medium":        `coalesce(campaign_medium, '(none)')`,
	"campaign":      `coalesce(campaign_name, '(none)')`,
}

// ChannelNames returns the ways to name a channel.
func ChannelNames() []string { return []string{"source_medium", "source", "medium", "campaign"} }

func runAttribution(ctx context.Context, s *scan) (*outcome, error) {
	channel, ok := channels[s.settings.Touches.Channel]
	if !ok {
		return nil, fmt.Errorf("%w: analysis.attribution.channel is %q, want one of %v", ErrInput, s.settings.Touches.Channel, ChannelNames())
	}
	rows, err := s.query(ctx, s.journeys(channel))
	if err != nil {
		return nil, err
	}
	paths, err := s.paths(rows)
	if err != nil {
		return nil, err
	}
	tables, err := s.attribute(paths)
	return &outcome{tables: tables, parameters: map[string]string{
		"channel": s.settings.Touches.Channel, "lookback": s.settings.Touches.Lookback.String(), "half_life": s.settings.Touches.HalfLife.String(),
	}}, err
}

// journeys is the query of touches and orders, person by person, in the order of time. A touch is an event
// with a campaign that no robot sent; those of one session and channel are one, as are those without a session
// that follow each other within [sameVisit]. An order is of the time of its first sale, and is worth all its lines.
//
// A person is a customer; a visitor who is not known is the customer with whom he was seen last.
func (s *scan) journeys(channel string) string {
	return `WITH lines AS (` + s.lines("order_id, customer_id, event_time, kind, amount") + `),
visits AS (SELECT * FROM events WHERE ` + s.stored() + ` AND ` + s.inWindow() + ` AND (anonymous_id IS NOT NULL OR ` + known + `)),
people AS (SELECT anonymous_id, last(customer_id ORDER BY event_time, "partition", "offset") AS customer
	FROM visits WHERE anonymous_id IS NOT NULL AND ` + known + ` GROUP BY 1),
touches AS (SELECT coalesce(CASE WHEN ` + known + ` THEN customer_id END, p.customer, 'visitor ' || v.anonymous_id) AS person,
		session_id, event_time, ` + channel + ` AS channel, coalesce(campaign_medium = 'direct', false) AS direct
	FROM (SELECT * FROM visits WHERE bot IS NULL AND (campaign_source IS NOT NULL OR campaign_medium IS NOT NULL)) v LEFT JOIN people p USING (anonymous_id)),
buyers AS (SELECT order_id, min(anonymous_id) AS anonymous_id FROM visits WHERE order_id IS NOT NULL GROUP BY 1),
orders AS (SELECT order_id, min(CASE WHEN ` + known + ` THEN customer_id END) AS customer_id,
		min(event_time) FILTER (kind = 'sale') AS moment, sum(amount) AS revenue
	FROM lines WHERE order_id IS NOT NULL GROUP BY 1 HAVING moment IS NOT NULL)
SELECT person, epoch_us(event_time) AS moment, channel, direct, NULL::DECIMAL(38,6) AS revenue, '' AS id FROM (
	SELECT person, channel, direct, min(event_time) AS event_time FROM touches WHERE session_id IS NOT NULL GROUP BY person, session_id, channel, direct
	UNION ALL SELECT person, channel, direct, event_time FROM touches WHERE session_id IS NULL
	QUALIFY coalesce(event_time - lag(event_time) OVER (PARTITION BY person, channel, direct ORDER BY event_time) > ` + sameVisit + `, true))
UNION ALL
SELECT coalesce(o.customer_id, p.customer, 'visitor ' || b.anonymous_id, 'order ' || o.order_id), epoch_us(o.moment), NULL, NULL, o.revenue, o.order_id
FROM orders o LEFT JOIN buyers b USING (order_id) LEFT JOIN people p ON p.anonymous_id = b.anonymous_id
ORDER BY person, moment, id, channel, direct`
}

// sameVisit is how long after a touch one of the same channel is of the same visit, where there are no sessions.
const sameVisit = "INTERVAL 30 MINUTE"

// paths cuts the journeys at orders. Touches older than the lookback are a path that led to nothing, as are those
// behind the last order.
func (s *scan) paths(rows [][]any) ([]attribution.Path, error) {
	var paths []attribution.Path
	var open []attribution.Touch
	person := ""
	leave := func(touches []attribution.Touch) {
		if len(touches) > 0 {
			paths = append(paths, attribution.Path{Touches: touches})
		}
	}
	for _, row := range rows {
		r := reader{row: row}
		who, at := r.text(), time.UnixMicro(r.number()).UTC()
		channel, direct := r.text(), r.flag()
		isOrder := row[r.at] != nil
		revenue := r.micros()
		if r.err != nil {
			return nil, r.err
		}
		if who != person {
			leave(open)
			person, open = who, nil
		}
		if !isOrder {
			open = append(open, attribution.Touch{Channel: channel, Direct: direct, At: at})
			continue
		}
		within := 0
		for within < len(open) && at.Sub(open[within].At) > s.settings.Touches.Lookback {
			within++
		}
		leave(open[:within:within])
		paths = append(paths, attribution.Path{Touches: open[within:], Converted: true, At: at, Revenue: revenue})
		open = nil
	}
	leave(open)
	return paths, nil
}

func (s *scan) attribute(paths []attribution.Path) ([]olap.Snapshot, error) {
	credits := newTable(CreditsTable, "What channels get of orders and their revenue, by each model",
		col("model", olap.Text, "first, last, last_non_direct, linear, position, time_decay or markov"),
		col("channel", olap.Text, "Channel; (none) for orders without touches"),
		col("orders", olap.Money, "Orders credited, in millionths; the sum over channels is the number of orders"),
		col("revenue", olap.Money, "Revenue credited; the sum over channels is that of the orders"))
	for _, model := range attribution.Models() {
		list, err := attribution.Attribute(model, paths, attribution.Settings{HalfLife: s.settings.Touches.HalfLife})
		if errors.Is(err, attribution.ErrChannels) {
			return nil, fmt.Errorf("%w: %w (analysis.attribution.channel)", ErrInput, err)
		}
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			credits.text(string(model)).text(c.Channel).money(c.Conversions).money(c.Revenue)
		}
	}
	channels, err := channelTable(paths)
	if err != nil {
		return nil, err
	}
	var orders, touched int
	var revenue event.Micros
	for i := range paths {
		if paths[i].Converted {
			orders++
			revenue += paths[i].Revenue
			touched += min(len(paths[i].Touches), 1)
		}
	}
	s.figures["orders"], s.figures["orders_with_touches"], s.figures["revenue_of_orders"] = strconv.Itoa(orders), strconv.Itoa(touched), revenue.String()
	s.figures["paths_without_order"] = strconv.Itoa(len(paths) - orders)
	return []olap.Snapshot{credits.Snapshot, channels.Snapshot}, nil
}

// channelTable says what the Markov model knows of each channel.
func channelTable(paths []attribution.Path) (*builder, error) {
	removals, err := attribution.Removals(paths)
	if err != nil {
		return nil, err
	}
	type seen struct{ touches, paths, orders int }
	counts := make(map[string]*seen)
	for i := range paths {
		inPath := make(map[string]bool)
		for _, touch := range paths[i].Touches {
			c := counts[touch.Channel]
			if c == nil {
				c = &seen{}
				counts[touch.Channel] = c
			}
			c.touches++
			if inPath[touch.Channel] {
				continue
			}
			inPath[touch.Channel] = true
			c.paths++
			if paths[i].Converted {
				c.orders++
			}
		}
	}
	t := newTable(ChannelsTable, "Channels, and what would be lost without each",
		col("channel", olap.Text, "Channel"),
		col("touches", olap.Int64, "Visits by it"),
		col("paths", olap.Int64, "Ways of visitors that it is on, to an order or to nothing"),
		col("orders", olap.Int64, "Orders whose way it is on"),
		col("removal_effect", olap.Double, "Share of the orders with touches that would be lost without it (Markov chain of first order)"))
	for _, r := range removals {
		c := counts[r.Channel]
		t.text(r.Channel).count(c.touches).count(c.paths).count(c.orders).double(r.Effect)
	}
	return t, nil
}
