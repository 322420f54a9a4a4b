import csv

from django import forms
from django.contrib import messages
from django.db.models import Avg, Count, Q
from django.http import StreamingHttpResponse
from django.views.generic import DetailView, ListView
from django.views.generic.edit import FormMixin

from django_demo.library.models import Author, Book, Review


class ReviewForm(forms.ModelForm):
    class Meta:
        model = Review
        fields = ["reader", "stars", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class BookList(ListView):
    """The shelf: `?q=` searches titles and authors, `?genre=` narrows."""

    paginate_by = 12

    def get_queryset(self):
        books = Book.objects.select_related("author").order_by("title")
        books = books.annotate(rating=Avg("reviews__stars"), votes=Count("reviews"))
        if wanted := self.request.GET.get("q", "").strip():
            books = books.filter(Q(title__icontains=wanted) | Q(author__name__icontains=wanted))
        if self.request.GET.get("genre") in Book.Genre.values:
            books = books.filter(genre=self.request.GET["genre"])
        return books

    def get_context_data(self, **more):
        return super().get_context_data(
            genres=Book.Genre.choices,
            wanted=self.request.GET.get("q", ""),
            genre=self.request.GET.get("genre", ""),
            **more,
        )


class BookDetail(FormMixin, DetailView):
    """One book, its reviews, and the form for another."""

    queryset = Book.objects.select_related("author")
    form_class = ReviewForm

    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def form_valid(self, form):
        form.instance.book = self.object
        form.save()
        messages.success(self.request, f"Thank you, {form.instance.reader}.")
        return super().form_valid(form)

    def get_success_url(self):
        return self.object.get_absolute_url() + "#reviews"


class AuthorDetail(DetailView):
    queryset = Author.objects.prefetch_related("books")


class Line:
    """A file for csv.writer that hands the line back instead of storing it."""

    def write(self, line):
        return line


def catalogue(request):
    """All books as CSV, sent line by line."""
    writer = csv.writer(Line())
    books = Book.objects.select_related("author").iterator(chunk_size=10)
    lines = [["title", "author", "year", "genre", "copies"]]
    rows = ([book.title, book.author.name, book.year, book.get_genre_display(), book.copies] for book in books)
    response = StreamingHttpResponse(
        (writer.writerow(row) for part in (lines, rows) for row in part), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="books.csv"'
    return response
