// Package snowplow adapts events of the Snowplow tracker protocol. A record's
// payload is one event as it was received: an element of a payload_data body
// (JSON, all members text), a query (GET /i), or a self-describing object of the
// Iglu webhook. Its envelope is {"user_agent":…}, and {"schema":…} where the
// payload is the data of that schema.
//
// Sources: Snowplow's documentation, "Snowplow Tracker Protocol" and "Ecommerce
// events"; the schemas of Iglu Central.
//
// # What becomes of an event
//
//   - ID: eid; without one, all content but stm. Check is a digest of the
//     content but stm, so that one eid with two contents is noticed.
//   - Time: ttm (the true time); else dtm plus the record's clock skew, which is
//     the receive time less stm; else the receive time.
//   - Type: pv is page, pp page_ping, se its action, ue the name of its schema or,
//     of a snowplow_ecommerce_action, its type; in the spelling of the e-commerce
//     spec where it is one of its events (add_to_cart is product_added).
//   - Customer: uid. Anonymous id: duid, else the userId of the client_session
//     context, else tnuid or nuid. Session: sid, else that of client_session.
//   - E-commerce: of the entities product, transaction, refund, cart. Revenue is
//     what the transaction says (a total, by Snowplow's definition) less its
//     shipping and tax; without one, the sum of the products. Of the old tr and
//     ti, tr is order_completed with the amount, and ti an order_line with the
//     item of that order and no amount, since tr has it.
//   - Properties: the data of a self-describing event as received; of others,
//     what the protocol's fields say. Context: app, platform, page, browser, and
//     the contexts as received.
package snowplow
