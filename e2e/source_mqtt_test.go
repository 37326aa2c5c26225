//go:build sources

package e2e

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/millrace/millrace/internal/servicetest"
)

// stopped is a broker that is asked to end. Killed, Mosquitto loses what it acknowledged
// since it last saved its memory.
type stopped struct{ *servicetest.Service }

func (s stopped) Kill() { s.Stop() }

func TestEachMessageOfMQTT5OnceThroughKills(t *testing.T) { mqttChaos(t, 5) }

func TestEachMessageOfMQTT3OnceThroughKills(t *testing.T) { mqttChaos(t, 3) }

func mqttChaos(t *testing.T, version int) {
	t.Helper()
	broker := servicetest.Mosquitto(t)
	config := fmt.Sprintf("sources:\n  - {name: till, adapter: native, mqtt: {url: %q, version: %d, client_id: millrace, topics: [store/+/till]}}\n", "tcp://"+broker.Address, version)
	makeSession(t, broker.Address)
	var clients atomic.Int64
	chaos(t, config, stopped{broker}, func(lines []string) error {
		return publishMQTT(broker.Address, "till-"+strconv.FormatInt(clients.Add(1), 10), lines)
	})
}

// makeSession makes the session of the source, as its first connection would: nobody keeps
// what is published before.
func makeSession(t *testing.T, address string) {
	t.Helper()
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID("millrace").SetCleanSession(false))
	defer client.Disconnect(100)
	if err := answered(client.Connect()); err != nil {
		t.Fatal(err)
	}
	if err := answered(client.Subscribe("store/+/till", 1, nil)); err != nil {
		t.Fatal(err)
	}
}

func publishMQTT(address, id string, lines []string) error {
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + address).SetClientID(id).SetAutoReconnect(false).SetConnectTimeout(30 * time.Second))
	defer client.Disconnect(0)
	if err := answered(client.Connect()); err != nil {
		return err
	}
	var tokens []mqtt.Token
	for i, line := range lines {
		tokens = append(tokens, client.Publish("store/"+strconv.Itoa(i%20)+"/till", 1, false, line))
	}
	for _, token := range tokens {
		if err := answered(token); err != nil {
			return err
		}
	}
	return nil
}

func answered(t mqtt.Token) error {
	if !t.WaitTimeout(time.Minute) {
		return errors.New("the broker does not answer")
	}
	return t.Error()
}
