// A service that makes its calls by Holdfast's gateway, with the standard library alone: GET /birds/{id}
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type answer struct {
	Choices []struct {
		Message message `json:"message"`
	} `json:"choices"`
	Error struct {
		Message string `json:"message"`
	} `json:"error"`
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// ask makes a call. A second one with the same key joins it, or gets its answer: nothing is paid twice.
func ask(key, question string) (string, error) {
	body, err := json.Marshal(map[string]any{"model": "fast", "messages": []message{{"user", question}}})
	if err != nil {
		return "", err
	}
	url := setting("OPENAI_BASE_URL", "http://127.0.0.1:4000/v1") + "/chat/completions"
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+setting("OPENAI_API_KEY", "not-needed"))
	request.Header.Set("Idempotency-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var got answer
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK || len(got.Choices) == 0 {
		return "", errors.New(got.Error.Message)
	}
	return got.Choices[0].Message.Content, nil
}

func main() {
	http.HandleFunc("GET /birds/{id}", func(w http.ResponseWriter, r *http.Request) {
		text, err := ask("bird-"+r.PathValue("id"), "Name a bird.")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, text)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+setting("PORT", "3001"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listens at http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}
