// Asks a gateway as a program with go-openai does, and prints what it got as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"

	"github.com/sashabaranov/go-openai"
)

func main() {
	config := openai.DefaultConfig("any")
	config.BaseURL = os.Args[1] + "/v1"
	client := openai.NewClientWithConfig(config)
	ctx := context.Background()
	results := map[string]any{}
	ask := func(model string) openai.ChatCompletionRequest {
		return openai.ChatCompletionRequest{
			Model:    model,
			Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "Count to three"}},
		}
	}

	answer, err := client.CreateChatCompletion(ctx, ask("text"))
	results["text"] = text(err, func() string { return answer.Choices[0].Message.Content })

	for _, model := range []string{"text", "slow", "broken"} {
		streamed, err := stream(ctx, client, ask(model))
		results["stream "+model] = streamed
		results["error of "+model] = text(err, func() string { return "" })
	}

	tools, err := client.CreateChatCompletion(ctx, ask("tools"))
	results["tools"] = text(err, func() string { return tools.Choices[0].Message.ToolCalls[0].Function.Arguments })

	vectors, err := client.CreateEmbeddings(ctx, openai.EmbeddingRequest{
		Model: "embeddings",
		Input: []string{"one", "two", "three"},
	})
	results["embeddings"] = text(err, func() string { return strconv.Itoa(len(vectors.Data)) })

	_ = json.NewEncoder(os.Stdout).Encode(results)
}

func stream(ctx context.Context, client *openai.Client, request openai.ChatCompletionRequest) (string, error) {
	streamed := ""
	stream, err := client.CreateChatCompletionStream(ctx, request)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return streamed, nil
		}
		if err != nil {
			return streamed, err
		}
		if len(chunk.Choices) > 0 {
			streamed += chunk.Choices[0].Delta.Content
		}
	}
}

func text(err error, read func() string) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return read()
}
