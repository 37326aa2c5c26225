// Package customer computes what is known of customers from their purchases: how
// recent, frequent and valuable they are (RFM), how those who began together stay
// (cohorts), whether they are still customers, and what they will bring (BG/NBD and
// Gamma-Gamma). Its functions are pure, and their results do not depend on the order
// of the input.
package customer
